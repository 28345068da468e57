with source as (

    select * from {{ source('raw', 'message_hours') }}

),

renamed as (

    select
        topic,
        hour_start,
        messages,
        distinct_messages
    from source

)

select * from renamed

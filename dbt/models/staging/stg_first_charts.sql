with source as (

    select * from {{ source('raw', 'first_charts') }}

),

renamed as (

    select
        began_at,
        commands,
        seconds
    from source

)

select * from renamed

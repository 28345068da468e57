with source as (

    select * from {{ source('raw', 'serving_hours') }}

),

renamed as (

    select
        hour_start,
        batches,
        messages,
        to_serving_p50_s,
        to_serving_p95_s,
        to_serving_p99_s,
        measured_at
    from source

)

select * from renamed

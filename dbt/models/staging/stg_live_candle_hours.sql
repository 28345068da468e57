with source as (

    select * from {{ source('raw', 'live_candle_hours') }}

),

renamed as (

    select
        candle_table,
        hour_start,
        candles,
        samples,
        open_sum,
        close_sum,
        measured_at
    from source

)

select * from renamed

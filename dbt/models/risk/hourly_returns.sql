{{ config(schema='staging', materialized='view') }}

-- Log returns between neighbouring hours; over a gap there is none.
with closes as (

    select
        asset_id,
        period_start,
        cast(close as float64) as close,
        lag(cast(close as float64)) over by_time as previous_close,
        lag(period_start) over by_time as previous_start
    from {{ ref('asset_candles_1h') }}
    where period_start >= timestamp '2010-01-01'
    window by_time as (partition by asset_id order by period_start)

)

select
    asset_id,
    period_start,
    close,
    ln(close / previous_close) as log_return
from closes
where
    previous_start = timestamp_sub(period_start, interval 1 hour)
    and previous_close > 0
    and close > 0

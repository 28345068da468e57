-- The live candles against the lake's, per table and hour; equal where nothing was lost.
with live as (

    select * from {{ source('raw', 'live_candle_hours') }}

),

batch as (

    select
        'market_candles_1m' as candle_table,
        timestamp_trunc(period_start, hour) as hour_start,
        count(*) as candles,
        sum(samples) as samples,
        sum(open) as open_sum,
        sum(close) as close_sum
    from {{ ref('market_candles_1m') }}
    where period_start >= timestamp '2010-01-01'
    group by 1, 2
    union all
    select
        'asset_candles_1m',
        timestamp_trunc(period_start, hour),
        count(*),
        sum(samples),
        sum(open),
        sum(close)
    from {{ ref('asset_candles_1m') }}
    where period_start >= timestamp '2010-01-01'
    group by 1, 2

)

select
    live.candle_table,
    live.hour_start,
    live.candles as live_candles,
    coalesce(batch.candles, 0) as batch_candles,
    live.samples as live_samples,
    coalesce(batch.samples, 0) as batch_samples,
    live.open_sum - coalesce(batch.open_sum, 0) as open_difference,
    live.close_sum - coalesce(batch.close_sum, 0) as close_difference,
    live.measured_at,
    coalesce(
        live.candles = batch.candles
        and live.samples = batch.samples
        and live.open_sum = batch.open_sum
        and live.close_sum = batch.close_sum,
        false
    ) as agrees
from live
left join batch
    on live.candle_table = batch.candle_table and live.hour_start = batch.hour_start

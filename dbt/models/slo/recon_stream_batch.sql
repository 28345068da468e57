-- The live candles against the lake's, per table and hour; equal where nothing was lost. Compared
-- are hours that PostgreSQL still holds and that are settled: until its window of sample identities
-- is over, a late sample is in the live candle before the batch has seen it; after that both get
-- it from the batch. An hour that only one side has is a difference too.
-- A day's figures are measured anew when they can have changed, so any measurement stands until the
-- next one of its day, and the newest of all says what is settled.
{% set first_hour = first_live_hour() %}
with measured as (

    select max(measured_at) as measured_at
    from {{ ref('stg_live_candle_hours') }}

),

held as (

    select *
    from {{ ref('stg_live_candle_hours') }}
    where hour_start >= {{ first_hour }}

),

kept as (

    select
        measured.measured_at,
        -- What is older has left PostgreSQL; a table that is empty lacks all that the other has.
        min(held.hour_start) as first_hour,
        min(case when held.candle_table = 'market_candles_1m' then held.hour_start end)
            as first_market_hour,
        min(case when held.candle_table = 'asset_candles_1m' then held.hour_start end)
            as first_asset_hour,
        timestamp_sub(measured.measured_at, interval {{ var('live_settles_hours') }} hour)
            as last_hour
    from measured
    cross join held
    group by 1

),

minutes as (

    select
        'market_candles_1m' as candle_table,
        timestamp_trunc(period_start, hour) as hour_start,
        samples,
        open,
        close
    from {{ ref('market_candles_1m') }}
    where period_start >= {{ first_hour }}
    union all
    select
        'asset_candles_1m',
        timestamp_trunc(period_start, hour),
        samples,
        open,
        close
    from {{ ref('asset_candles_1m') }}
    where period_start >= {{ first_hour }}

),

batch as (

    select
        candle_table,
        hour_start,
        count(*) as candles,
        sum(samples) as samples,
        sum(open) as open_sum,
        sum(close) as close_sum
    from minutes
    group by 1, 2

),

compared as (

    select
        coalesce(held.candle_table, batch.candle_table) as candle_table,
        coalesce(held.hour_start, batch.hour_start) as hour_start,
        coalesce(held.candles, 0) as live_candles,
        coalesce(batch.candles, 0) as batch_candles,
        coalesce(held.samples, 0) as live_samples,
        coalesce(batch.samples, 0) as batch_samples,
        coalesce(held.open_sum, 0) - coalesce(batch.open_sum, 0) as open_difference,
        coalesce(held.close_sum, 0) - coalesce(batch.close_sum, 0) as close_difference
    from held
    full outer join batch
        on held.candle_table = batch.candle_table and held.hour_start = batch.hour_start

)

select
    compared.candle_table,
    compared.hour_start,
    compared.live_candles,
    compared.batch_candles,
    compared.live_samples,
    compared.batch_samples,
    compared.open_difference,
    compared.close_difference,
    -- Of the hour's sums: what PostgreSQL tells of a single candle never reaches the warehouse.
    greatest(abs(compared.open_difference), abs(compared.close_difference)) as worst_difference,
    kept.measured_at,
    compared.live_candles = compared.batch_candles
    and compared.live_samples = compared.batch_samples
    and compared.open_difference = 0
    and compared.close_difference = 0 as agrees
from compared
cross join kept
where
    compared.hour_start <= kept.last_hour
    and compared.hour_start >= coalesce(
        case
            when compared.candle_table = 'market_candles_1m' then kept.first_market_hour
            else kept.first_asset_hour
        end,
        kept.first_hour
    )

-- Correlation of hourly log returns over the last 30 days, among the largest assets.
with newest as (

    select max(period_start) as period_start
    from {{ ref('hourly_returns') }}
    where {{ in_last_days('period_start', 'asset_candles_1h') }}

),

largest as (

    select id as asset_id
    from {{ ref('latest_assets') }}
    order by rank
    limit {{ var('correlated_assets', 30) }}

),

returns as (

    select
        hourly.asset_id,
        hourly.period_start,
        hourly.log_return
    from {{ ref('hourly_returns') }} as hourly
    inner join largest on hourly.asset_id = largest.asset_id
    cross join newest
    where
        {{ in_last_days('hourly.period_start', 'asset_candles_1h') }}
        and hourly.period_start > timestamp_sub(newest.period_start, interval 30 day)

)

select
    one.asset_id,
    other.asset_id as other_asset_id,
    corr(one.log_return, other.log_return) as correlation,
    count(*) as hours,
    max(one.period_start) as as_of
from returns as one
inner join returns as other
    on one.period_start = other.period_start and one.asset_id < other.asset_id
group by 1, 2
having count(*) >= 24

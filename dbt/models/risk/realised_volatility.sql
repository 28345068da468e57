-- Annualised deviation of hourly log returns over the last 24 hours, 7 and 30 days.
with measured as (

    select
        asset_id,
        period_start,
        stddev_samp(log_return) over last_24h as deviation_24h,
        count(*) over last_24h as returns_24h,
        stddev_samp(log_return) over last_7d as deviation_7d,
        count(*) over last_7d as returns_7d,
        stddev_samp(log_return) over last_30d as deviation_30d,
        count(*) over last_30d as returns_30d
    from {{ ref('hourly_returns') }}
    window
        by_time as (partition by asset_id order by unix_seconds(period_start)),
        last_24h as (by_time range between 82800 preceding and current row),
        last_7d as (by_time range between 601200 preceding and current row),
        last_30d as (by_time range between 2588400 preceding and current row)

)

select
    asset_id,
    period_start,
    {{ annualised('deviation_24h') }} as volatility_24h,
    returns_24h,
    {{ annualised('deviation_7d') }} as volatility_7d,
    returns_7d,
    {{ annualised('deviation_30d') }} as volatility_30d,
    returns_30d
from measured

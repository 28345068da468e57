-- Each exchange's part of all volume and the age of its newest data.
with claimed as (

    select
        exchange_id,
        name,
        rank,
        trading_pairs,
        cast(volume_usd as float64) as volume_usd,
        timestamp_diff(polled_at, updated, second) as staleness_s,
        polled_at
    from {{ ref('latest_exchanges') }}

)

select
    *,
    volume_usd / nullif(sum(volume_usd) over (), 0) as volume_share,
    sum(volume_usd) over (order by volume_usd desc, exchange_id rows unbounded preceding)
    / nullif(sum(volume_usd) over (), 0) as cumulative_share,
    staleness_s is null or staleness_s > 86400 as is_stale
from claimed

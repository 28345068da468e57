-- How far apart were an asset's trustworthy markets, hour by hour (basis points, before fees)?
with hours as (
    select
        timestamp_trunc(polled_at, hour) as hour_start,
        exchange_id,
        quote_id,
        cast(price_usd as float64) as price_usd
    from marts.fct_markets
    where base_id = @asset
        and polled_at >= timestamp(@since)
        and distrust is null
        and price_usd > 0
    qualify row_number() over (
        partition by exchange_id, quote_id, timestamp_trunc(polled_at, hour)
        order by polled_at desc
    ) = 1
)

select
    hour_start,
    count(*) as markets,
    round(10000 * (max(price_usd) / min(price_usd) - 1), 2) as spread_bps
from hours
group by hour_start
having count(*) > 1
order by hour_start desc
limit 720;

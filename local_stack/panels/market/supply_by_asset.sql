select
    rank,
    coalesce(name, id) as asset,
    symbol,
    price_usd as price,
    change_percent_24hr as change_24h,
    market_cap_usd as market_cap,
    volume_usd_24hr as volume_24h,
    supply,
    (100 * supply / nullif(max_supply, 0))::numeric(7, 2) as of_max_supply,
    age_s as age
from market.v1_latest_assets
where array_to_string(:'asset_filter'::text[], '') = '' or id = any(:'asset_filter'::text[])
order by market_cap_usd desc nulls last, id
limit 50;

select
    coalesce(name, id) as asset,
    market_cap_usd,
    price_usd,
    change_percent_24hr
from market.v1_latest_assets
where market_cap_usd > 0
order by market_cap_usd desc, id
limit 12;

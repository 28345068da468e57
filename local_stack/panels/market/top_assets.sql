select
    coalesce(name, id) as asset,
    market_cap_usd,
    price_usd,
    change_percent_24hr
from market.v1_latest_assets
where market_cap_usd > 0
    and (array_to_string(:'asset_filter'::text[], '') = '' or id = any(:'asset_filter'::text[]))
order by market_cap_usd desc, id
limit 12;

select
    coalesce(a.name, a.id) as asset,
    a.price_usd as price,
    r.rate_usd as rate,
    (10000 * (a.price_usd / r.rate_usd - 1))::numeric(20, 2) as difference,
    extract(epoch from r.polled_at - a.polled_at)::numeric(20, 1) as rate_later_by
from market.v1_latest_assets as a
inner join market.v1_latest_rates as r on r.id = a.id
where a.price_usd > 0
    and r.rate_usd > 0
    and (array_to_string(:'asset_filter'::text[], '') = '' or a.id = any(:'asset_filter'::text[]))
order by a.market_cap_usd desc nulls last, a.id
limit 20;

-- What is the whole market worth, and how much of it is each asset?
select
    id,
    market_cap_usd,
    (100 * market_cap_usd / sum(market_cap_usd) over ())::numeric(9, 4) as dominance_percent,
    sum(market_cap_usd) over () as total_market_cap_usd
from market.v1_latest_assets
where market_cap_usd > 0
order by market_cap_usd desc, id
limit 20;

-- How far are the stablecoins from their peg (basis points)?
select
    id,
    price_usd,
    (10000 * (price_usd - 1))::numeric(12, 2) as deviation_bps,
    age_s
from market.v1_latest_assets
where id in ('tether', 'usd-coin', 'multi-collateral-dai', 'trueusd', 'first-digital-usd')
    and price_usd is not null
order by abs(price_usd - 1) desc, id;

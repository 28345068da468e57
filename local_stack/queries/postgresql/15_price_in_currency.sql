-- What does an asset cost in another currency, for example euro?
select
    a.id,
    r.id as currency,
    (a.price_usd / r.rate_usd)::numeric(38, 8) as price,
    greatest(a.age_s, r.age_s) as age_s
from market.v1_latest_assets as a
inner join market.v1_latest_rates as r on r.id = :'currency'
where a.id = :'asset'
    and r.rate_usd > 0;

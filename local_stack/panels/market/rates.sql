select
    id as currency,
    symbol,
    type,
    rate_usd as usd,
    age_s as age
from market.v1_latest_rates
order by type desc, id
limit 500;

-- What does an asset cost now, and how old is that price?
select id, price_usd, change_percent_24hr, envelope_at, age_s
from market.v1_latest_assets
where id = :'asset';

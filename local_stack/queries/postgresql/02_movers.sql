-- Which assets moved most in 24 hours, leaving out those that hardly trade?
select id, symbol, price_usd, change_percent_24hr, volume_usd_24hr
from market.v1_latest_assets
where volume_usd_24hr >= 1000000
    and change_percent_24hr is not null
order by abs(change_percent_24hr) desc, id
limit 20;

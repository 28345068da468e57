-- How old is what I read? Newest and oldest row of each table (seconds).
select 'assets' as table_name, count(*) as rows, min(age_s) as newest_s, max(age_s) as oldest_s
from market.v1_latest_assets
union all
select 'rates', count(*), min(age_s), max(age_s) from market.v1_latest_rates
union all
select 'exchanges', count(*), min(age_s), max(age_s) from market.v1_latest_exchanges
union all
select 'markets', count(*), min(age_s), max(age_s) from market.v1_latest_markets;

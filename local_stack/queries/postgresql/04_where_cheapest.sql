-- Where is an asset cheapest and dearest at the moment, among trustworthy markets?
select exchange_id, quote_id, price_usd, volume_usd_24hr, staleness_s
from market.v1_latest_markets
where base_id = :'asset'
    and trustworthy
order by price_usd, exchange_id, quote_id;

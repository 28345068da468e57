select
    exchange_id as exchange,
    coalesce(quote_symbol, quote_id) as quote,
    price_usd as price,
    volume_usd_24hr as volume_24h,
    staleness_s as last_trade,
    age_s as age,
    distrust
from market.v1_latest_markets
where base_id = :'asset'
    and (:'exchanges' = '' or exchange_id = any(string_to_array(:'exchanges', ',')))
order by volume_usd_24hr desc nulls last, exchange_id, quote_id
limit 100;

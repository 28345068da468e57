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
    and (array_to_string(:'exchanges'::text[], '') = '' or exchange_id = any(:'exchanges'::text[]))
order by volume_usd_24hr desc nulls last, exchange_id, quote_id
limit 100;

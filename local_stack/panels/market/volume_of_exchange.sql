select
    exchange_id || ' ' || coalesce(base_symbol, base_id) || '/' || coalesce(quote_symbol, quote_id)
        as pair,
    percent_exchange_volume,
    volume_usd_24hr as volume_24h
from market.v1_latest_markets
where volume_usd_24hr > 0
    and (:'exchanges' = '' or exchange_id = any(string_to_array(:'exchanges', ',')))
order by volume_usd_24hr desc, exchange_id, base_id, quote_id
limit 20;

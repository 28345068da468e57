select
    exchange_id || ' ' || coalesce(base_symbol, base_id) || '/' || coalesce(quote_symbol, quote_id)
        as pair,
    percent_exchange_volume,
    volume_usd_24hr as volume_24h
from market.v1_latest_markets
where volume_usd_24hr > 0
    and (array_to_string(:'asset_filter'::text[], '') = '' or base_id = any(:'asset_filter'::text[]))
    and (array_to_string(:'exchanges'::text[], '') = '' or exchange_id = any(:'exchanges'::text[]))
order by volume_usd_24hr desc, exchange_id, base_id, quote_id
limit 20;

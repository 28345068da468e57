select
    rank,
    coalesce(name, exchange_id) as exchange,
    volume_usd as volume_24h,
    percent_total_volume as share,
    pairs_stored,
    trading_pairs as pairs_claimed,
    staleness_s as heard_of
from market.v1_latest_exchanges
where array_to_string(:'exchanges'::text[], '') = '' or exchange_id = any(:'exchanges'::text[])
order by volume_usd desc nulls last, exchange_id
limit 100;

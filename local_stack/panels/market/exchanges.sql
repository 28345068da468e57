select
    rank,
    coalesce(name, exchange_id) as exchange,
    volume_usd as volume_24h,
    percent_total_volume as share,
    pairs_stored,
    trading_pairs as pairs_claimed,
    staleness_s as heard_of
from market.v1_latest_exchanges
where :'exchanges' = '' or exchange_id = any(string_to_array(:'exchanges', ','))
order by volume_usd desc nulls last, exchange_id
limit 100;

select
    coalesce(name, exchange_id) as exchange,
    pairs_stored,
    trading_pairs as pairs_claimed,
    (100.0 * pairs_stored / trading_pairs)::numeric(9, 2) as of_claimed
from market.v1_latest_exchanges
where trading_pairs > 0
order by trading_pairs desc, exchange_id
limit 12;

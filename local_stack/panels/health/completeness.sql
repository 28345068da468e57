select
    (100.0 * sum(least(pairs_stored, trading_pairs)) / nullif(sum(trading_pairs), 0))
    ::numeric(7, 2) as completeness_percent,
    -- A sweep of part of the markets names that part after the tick.
    exists (select from market.markets where split_part(snapshot_id, '-', 3) = '') as swept
from market.v1_latest_exchanges
having sum(trading_pairs) > 0;

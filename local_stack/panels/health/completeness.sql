select
    (100.0 * sum(least(pairs_stored, trading_pairs)) / nullif(sum(trading_pairs), 0))
    ::numeric(7, 2) as completeness_percent
from market.v1_latest_exchanges
having sum(trading_pairs) > 0;

-- Of which exchanges do we lack most pairs?
select exchange_id, trading_pairs, pairs_stored, trading_pairs - pairs_stored as missing
from market.v1_latest_exchanges
where trading_pairs > pairs_stored
order by missing desc, exchange_id
limit 20;

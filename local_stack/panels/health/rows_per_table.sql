select table_name, rows
from (
    select 'assets' as table_name, count(*) as rows from market.assets
    union all
    select 'rates', count(*) from market.rates
    union all
    select 'exchanges', count(*) from market.exchanges
    union all
    select 'markets', count(*) from market.markets
    union all
    select 'market_candles_1m', count(*) from market.market_candles_1m
    union all
    select 'asset_candles_1m', count(*) from market.asset_candles_1m
    union all
    select 'spreads', count(*) from market.spreads
    union all
    select 'polls', count(*) from market.polls
    union all
    select 'dead_letters', count(*) from market.dead_letters
) as counted
where rows > 0
order by rows desc, table_name;

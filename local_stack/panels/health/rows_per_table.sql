with partitions as (
    select p.relname as table_name, sum(s.n_live_tup) as rows
    from pg_stat_user_tables as s
    inner join pg_inherits as i on i.inhrelid = s.relid
    inner join pg_class as p on p.oid = i.inhparent
    where s.schemaname = 'market'
        and p.relname in ('market_candles_1m', 'asset_candles_1m')
    group by p.relname
)

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
    select 'spreads', count(*) from market.spreads
    union all
    select 'polls', count(*) from market.polls
    union all
    select 'dead_letters', count(*) from market.dead_letters
    union all
    select table_name, rows from partitions
) as counted
where rows > 0
order by rows desc, table_name;

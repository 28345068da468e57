with pegs as (
    select split_part(pair, '=', 1) as id, split_part(pair, '=', 2)::numeric as peg
    from unnest(string_to_array(:'pegs', ',')) as pair
),

closes as (
    select
        date_bin(:'bucket'::interval, minute_start, '2000-01-01 00:00:00+00') as time,
        asset_id,
        (array_agg(close order by minute_start desc))[1] as close
    from market.v1_candles
    where asset_id = any(array(select id from pegs))
        and minute_start >= :'from'::timestamptz
        and minute_start < :'to'::timestamptz
    group by 1, 2
)

select
    c.time,
    c.asset_id as stablecoin,
    (10000 * (c.close / p.peg - 1))::numeric(20, 2) as deviation
from closes as c
inner join pegs as p on p.id = c.asset_id
order by 1, 2;

with pegs as (
    select split_part(pair, '=', 1) as id, split_part(pair, '=', 2)::numeric as peg
    from unnest(string_to_array(:'pegs', ',')) as pair
)

select
    date_bin(:'bucket'::interval, c.minute_start, '2000-01-01 00:00:00+00') as time,
    c.asset_id as stablecoin,
    (10000 * ((array_agg(c.close order by c.minute_start desc))[1] / min(p.peg) - 1))
        ::numeric(20, 2) as deviation
from market.v1_candles as c
inner join pegs as p on p.id = c.asset_id
where c.minute_start >= :'from'::timestamptz
    and c.minute_start < :'to'::timestamptz
group by 1, 2
order by 1, 2;

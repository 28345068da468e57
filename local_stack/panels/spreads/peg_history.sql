with pegs as (
    select split_part(pair, '=', 1) as id, split_part(pair, '=', 2)::numeric as peg
    from unnest(string_to_array(:'pegs', ',')) as pair
),

closes as (
    select
        date_bin(:'bucket'::interval, c.period_start, '2000-01-01 00:00:00+00') as time,
        p.id,
        p.peg,
        (array_agg(c.close order by c.period_start desc))[1] as close
    from pegs as p
    cross join market.v1_candles_for(
        array[p.id], :'from'::timestamptz, :'to'::timestamptz, :'bucket'::interval
    ) as c
    group by 1, 2, 3
)

select
    time,
    id as stablecoin,
    (10000 * (close / peg - 1))::numeric(20, 2) as deviation
from closes
order by 1, 2;

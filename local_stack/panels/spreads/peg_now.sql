with pegs as (
    select split_part(pair, '=', 1) as id, split_part(pair, '=', 2)::numeric as peg
    from unnest(string_to_array(:'pegs', ',')) as pair
)

select
    coalesce(a.name, a.id) as stablecoin,
    a.price_usd as price,
    p.peg,
    (10000 * (a.price_usd / p.peg - 1))::numeric(20, 2) as deviation,
    a.age_s as age
from market.v1_latest_assets as a
inner join pegs as p on p.id = a.id
where a.price_usd is not null
order by abs(a.price_usd / p.peg - 1) desc, a.id;

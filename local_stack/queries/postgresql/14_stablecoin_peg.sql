-- How far are the stablecoins from their peg (basis points)?
with pegs as (
    select split_part(pair, '=', 1) as id, split_part(pair, '=', 2)::numeric as peg_usd
    from unnest(string_to_array(:'pegs', ',')) as pair
)

select
    a.id,
    a.price_usd,
    p.peg_usd,
    (10000 * (a.price_usd / p.peg_usd - 1))::numeric(12, 2) as deviation_bps,
    a.age_s
from market.v1_latest_assets as a
inner join pegs as p on p.id = a.id
where a.price_usd is not null
order by abs(a.price_usd / p.peg_usd - 1) desc, a.id;

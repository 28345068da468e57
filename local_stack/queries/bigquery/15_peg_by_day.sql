-- On which days was a stablecoin off its peg, for how many hours and how far (basis points)?
select
    asset_id,
    date(period_start) as day,
    countif(state != 'normal') as hours_off,
    max(abs(cast(deviation_bps as float64))) as farthest_bps
from marts.stablecoin_peg
where period_start >= timestamp '2010-01-01'
group by asset_id, day
having hours_off > 0
order by day desc, farthest_bps desc
limit 200;

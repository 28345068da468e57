-- How complete were the sweeps of all markets, day by day (percent of the pairs claimed)?
select
    date(polled_at) as day,
    count(*) as sweeps,
    min(pairs_percent) as worst_percent,
    avg(cast(pairs_percent as float64)) as mean_percent
from marts.slo_completeness
where pairs_claimed > 0
group by day
order by day desc
limit 90;

-- How did an asset's part of the whole market change, day by day (1 is 100 %)?
select day, market_cap_usd, total_market_cap_usd, dominance
from marts.dominance
where asset_id = @asset
    and day >= date '2010-01-01'
order by day desc
limit 365;

-- How much does each asset swing now, over a day, a week and a month (a year's worth; 1 is 100 %)?
select asset_id, period_start, volatility_24h, volatility_7d, volatility_30d
from marts.realised_volatility
where period_start >= timestamp '2010-01-01'
qualify row_number() over (partition by asset_id order by period_start desc) = 1
order by volatility_7d desc
limit 50;

-- What did an asset do by the day, and from which source are the candles?
select period_start, open, high, low, close, vwap, samples, source
from marts.asset_candles_1d
where asset_id = @asset
order by period_start desc
limit 365;

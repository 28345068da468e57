-- On which days did an asset gain or lose most (percent, open to close)?
select
    date(period_start) as day,
    round(100 * (cast(close as float64) / cast(open as float64) - 1), 2) as change_percent
from marts.asset_candles_1d
where asset_id = @asset
    and open > 0
order by abs(cast(close as float64) / cast(open as float64) - 1) desc
limit 20;

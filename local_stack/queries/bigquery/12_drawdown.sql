-- How deep did each asset ever fall below its highest close, and when (percent)?
select
    asset_id,
    date(period_start) as day,
    round(100 * drawdown, 2) as drawdown_percent,
    close,
    peak_close
from marts.drawdown
where period_start >= timestamp '2010-01-01'
qualify row_number() over (partition by asset_id order by drawdown, period_start) = 1
order by drawdown
limit 50;

select
    period_start as time,
    open,
    high,
    low,
    close,
    vwap,
    samples,
    source
from (
    select period_start, open, high, low, close, vwap, samples, source
    from marts.asset_candles_1h
    where asset_id = :'asset'
        and period_start >= timestamp(:'from')
        and period_start < timestamp(:'to')
    order by period_start desc
    limit 240
)
order by time;

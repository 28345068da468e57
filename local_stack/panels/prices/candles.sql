select
    minute_start as time,
    open,
    high,
    low,
    close,
    vwap,
    samples
from (
    select minute_start, open, high, low, close, vwap, samples
    from market.v1_candles
    where asset_id = :'asset'
        and minute_start >= :'from'::timestamptz
        and minute_start < :'to'::timestamptz
    order by minute_start desc
    limit 180
) as newest
order by time;

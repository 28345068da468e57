with buckets as (
    select
        date_bin(:'bucket'::interval, minute_start, '2000-01-01 00:00:00+00') as time,
        (array_agg(open order by minute_start))[1] as open,
        max(high) as high,
        min(low) as low,
        (array_agg(close order by minute_start desc))[1] as close,
        (sum(price_weight_sum) / nullif(sum(weight_sum), 0))::numeric(38, 18) as vwap,
        sum(samples) as samples
    from market.asset_candles_1m
    where asset_id = :'asset'
        and minute_start >= :'from'::timestamptz
        and minute_start < :'to'::timestamptz
    group by 1
    order by 1 desc
    limit 500
)

select time, open, high, low, close, vwap, samples
from buckets
order by time;

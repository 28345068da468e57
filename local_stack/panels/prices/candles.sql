with buckets as (
    select
        date_bin(:'bucket'::interval, period_start, '2000-01-01 00:00:00+00') as time,
        (array_agg(open order by period_start))[1] as open,
        max(high) as high,
        min(low) as low,
        (array_agg(close order by period_start desc))[1] as close,
        (sum(price_weight_sum) / nullif(sum(weight_sum), 0))::numeric(38, 18) as vwap,
        sum(samples) as samples
    from market.v1_candles_for(
        array[:'asset'], :'from'::timestamptz, :'to'::timestamptz, :'bucket'::interval
    )
    group by 1
    order by 1 desc
    limit 500
)

select time, open, high, low, close, vwap, samples
from buckets
order by time;

-- What did an asset's price do, hour by hour, in the last day of data?
with newest as (
    select max(minute_start) as minute from market.v1_candles where asset_id = :'asset'
)

select
    date_trunc('hour', minute_start, 'UTC') as hour,
    (array_agg(open order by minute_start))[1] as open,
    max(high) as high,
    min(low) as low,
    (array_agg(close order by minute_start desc))[1] as close,
    sum(samples) as samples
from market.v1_candles, newest
where asset_id = :'asset'
    and minute_start > newest.minute - interval '24 hours'
group by 1
order by 1;

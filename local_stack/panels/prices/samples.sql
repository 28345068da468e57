select
    date_bin(:'bucket'::interval, minute_start, '2000-01-01 00:00:00+00') as time,
    sum(samples) as all_samples,
    sum(trusted_samples) as trustworthy_samples
from market.v1_market_candles
where base_id = :'asset'
    and minute_start >= :'from'::timestamptz
    and minute_start < :'to'::timestamptz
group by 1
order by 1;

select
    date_bin(:'bucket'::interval, minute_start, '2000-01-01 00:00:00+00') as time,
    sum(market_samples) as of_markets,
    sum(samples) as of_the_asset
from market.v1_candles
where asset_id = :'asset'
    and minute_start >= :'from'::timestamptz
    and minute_start < :'to'::timestamptz
group by 1
order by 1;

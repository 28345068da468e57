select
    date_bin(:'bucket'::interval, period_start, '2000-01-01 00:00:00+00') as time,
    sum(market_samples) as of_markets,
    sum(samples) as of_the_asset
from market.v1_candles_for(
    array[:'asset'], :'from'::timestamptz, :'to'::timestamptz, :'bucket'::interval
)
group by 1
order by 1;

-- How far is an asset's price from what its trustworthy markets paid in the last hour?
with newest as (
    select max(minute_start) as minute from market.v1_candles where asset_id = :'asset'
)

select
    min(minute_start) as since,
    (sum(price_weight_sum) / nullif(sum(weight_sum), 0))::numeric(38, 18) as vwap,
    (array_agg(close order by minute_start desc))[1] as last_price,
    (10000 * ((array_agg(close order by minute_start desc))[1]
        / nullif(sum(price_weight_sum) / nullif(sum(weight_sum), 0), 0) - 1))::numeric(12, 2)
        as difference_bps
from market.asset_candles_1m, newest
where asset_id = :'asset'
    and minute_start > newest.minute - interval '1 hour';

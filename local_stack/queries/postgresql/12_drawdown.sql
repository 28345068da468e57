-- How deep did an asset fall below its highest price so far, in the last day of data?
with newest as (
    select max(minute_start) as minute from market.v1_candles where asset_id = :'asset'
),

peaks as (
    select minute_start, low, max(high) over (order by minute_start) as peak
    from market.v1_candles, newest
    where asset_id = :'asset'
        and minute_start > newest.minute - interval '24 hours'
)

select minute_start, low, peak, (100 * (low / peak - 1))::numeric(9, 4) as drawdown_percent
from peaks
where peak > 0
order by low / peak, minute_start
limit 1;

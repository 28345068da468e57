-- How much does each asset swing? Deviation of one-minute log returns over the last day, a year's worth.
with returns as (
    select
        asset_id,
        ln(close::double precision / lag(close::double precision) over (
            partition by asset_id order by minute_start
        )) as r
    from market.v1_candles
    where minute_start > (select max(envelope_at) from market.v1_latest_assets) - interval '24 hours'
        and close > 0
)

select
    asset_id,
    count(r) as minutes,
    round((100 * stddev_samp(r) * sqrt(365 * 1440))::numeric, 2) as volatility_percent_a_year
from returns
group by asset_id
having count(r) >= 30
order by 3 desc, asset_id;

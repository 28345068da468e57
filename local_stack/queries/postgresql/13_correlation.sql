-- Which assets move with this one? Correlation of five-minute returns over the last day.
with closes as (
    select
        asset_id,
        date_bin('5 minutes', minute_start, '2000-01-01 00:00:00+00') as period,
        (array_agg(close order by minute_start desc))[1]::double precision as close
    from market.v1_candles
    where minute_start > (select max(envelope_at) from market.v1_latest_assets) - interval '24 hours'
        and close > 0
    group by 1, 2
),

returns as (
    select asset_id, period, ln(close / lag(close) over (partition by asset_id order by period)) as r
    from closes
)

select
    other.asset_id,
    count(*) as periods,
    round(corr(own.r, other.r)::numeric, 4) as correlation
from returns as own
inner join returns as other on other.period = own.period and other.asset_id <> own.asset_id
where own.asset_id = :'asset'
    and own.r is not null
    and other.r is not null
group by other.asset_id
having count(*) >= 5
order by 3 desc nulls last, 1;

-- How did each exchange's part of all volume change, day by day (1 is 100 %)?
with markets as (
    select
        date(polled_at) as day,
        exchange_id,
        base_id,
        quote_id,
        cast(volume_usd_24hr as float64) as volume_usd
    from marts.fct_markets
    where polled_at >= timestamp(@since)
        and volume_usd_24hr > 0
    qualify row_number() over (
        partition by exchange_id, base_id, quote_id, date(polled_at)
        order by polled_at desc
    ) = 1
),

exchanges as (
    select day, exchange_id, sum(volume_usd) as volume_usd
    from markets
    group by day, exchange_id
)

select
    day,
    exchange_id,
    volume_usd,
    volume_usd / sum(volume_usd) over (partition by day) as share
from exchanges
order by day desc, volume_usd desc
limit 1000;

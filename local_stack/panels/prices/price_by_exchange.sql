with traded as (
    select exchange_id, base_id, quote_id
    from (
        select
            exchange_id, base_id, quote_id, volume_usd_24hr,
            row_number() over (
                partition by exchange_id order by volume_usd_24hr desc, quote_id
            ) as place
        from market.v1_latest_markets
        where base_id = :'asset'
            and volume_usd_24hr > 0
            and (array_to_string(:'exchanges'::text[], '') = '' or exchange_id = any(:'exchanges'::text[]))
    ) as ranked
    where place = 1
    order by volume_usd_24hr desc, exchange_id
    limit 10
)

select
    date_bin(:'bucket'::interval, c.period_start, '2000-01-01 00:00:00+00') as time,
    t.exchange_id as exchange,
    (array_agg(c.close order by c.period_start desc))[1] as price
from traded as t
cross join market.v1_market_candles_for(
    t.exchange_id, t.base_id, t.quote_id, :'from'::timestamptz, :'to'::timestamptz,
    :'bucket'::interval
) as c
group by 1, 2
order by 1, 2;

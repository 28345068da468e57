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
    date_bin(:'bucket'::interval, c.minute_start, '2000-01-01 00:00:00+00') as time,
    c.exchange_id as exchange,
    (array_agg(c.close order by c.minute_start desc))[1] as price
from market.market_candles_1m as c
inner join traded as t
    on t.base_id = c.base_id and t.exchange_id = c.exchange_id and t.quote_id = c.quote_id
where c.base_id = :'asset'
    and c.minute_start >= :'from'::timestamptz
    and c.minute_start < :'to'::timestamptz
group by 1, 2
order by 1, 2;

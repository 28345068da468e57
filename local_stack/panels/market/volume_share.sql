with ranked as (
    select
        coalesce(name, exchange_id) as exchange,
        volume_usd,
        row_number() over (order by volume_usd desc, exchange_id) as place
    from market.v1_latest_exchanges
    where volume_usd > 0
),

shares as (
    select
        case when place <= 11 then exchange else 'All others' end as exchange,
        sum(volume_usd) as volume_usd,
        min(place) as place
    from ranked
    group by 1
)

select
    exchange,
    (100 * volume_usd / sum(volume_usd) over ())::numeric(10, 4) as percent_total_volume,
    volume_usd
from shares
order by place;

-- On which exchanges does an asset's volume lie?
select
    exchange_id,
    sum(volume_usd_24hr) as volume_usd_24hr,
    (100 * sum(volume_usd_24hr) / sum(sum(volume_usd_24hr)) over ())::numeric(9, 4)
        as share_percent
from market.v1_latest_markets
where base_id = :'asset'
    and volume_usd_24hr > 0
group by exchange_id
order by 2 desc, exchange_id;

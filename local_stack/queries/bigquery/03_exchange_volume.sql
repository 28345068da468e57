-- How much of which asset's volume lies on which exchange?
select
    exchange_id,
    asset_id,
    sum(market_volume_usd_24hr) as volume_usd_24hr
from marts.rpt_market_overview
where exchange_id is not null
group by exchange_id, asset_id
order by volume_usd_24hr desc
limit 50;

-- What is the whole market worth, each asset counted once?
select
    count(distinct asset_id) as assets,
    sum(asset_market_cap_usd_once) as market_cap_usd,
    sum(asset_volume_usd_24hr_once) as volume_usd_24hr
from marts.rpt_market_overview;

-- Where an asset is traded: each exchange's part of its trustworthy volume, and how concentrated.
with volumes as (

    select
        base_id as asset_id,
        exchange_id,
        count(*) as markets,
        sum(cast(volume_usd_24hr as float64)) as volume_usd
    from {{ ref('latest_markets') }}
    where distrust is null
    group by 1, 2

),

shares as (

    select
        *,
        volume_usd / nullif(sum(volume_usd) over (partition by asset_id), 0) as share
    from volumes

)

select
    asset_id,
    exchange_id,
    markets,
    volume_usd,
    share,
    sum(share * share) over (partition by asset_id) as herfindahl_index
from shares

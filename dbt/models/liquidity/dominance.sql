-- Each asset's part of the total market capitalisation, at its last poll of each day.
with days as (

    select
        id as asset_id,
        date(polled_at) as day,
        market_cap_usd
    from {{ ref('asset_days') }}
    where polled_at >= timestamp '2010-01-01' and market_cap_usd is not null

)

select
    asset_id,
    day,
    market_cap_usd,
    sum(market_cap_usd) over (partition by day) as total_market_cap_usd,
    cast(market_cap_usd as float64)
    / nullif(cast(sum(market_cap_usd) over (partition by day) as float64), 0) as dominance
from days

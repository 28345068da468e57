-- Change of price over 24 hours of assets that are traded enough for it to mean something.
with newest as (

    select max(period_start) as period_start
    from {{ ref('asset_candles_1h') }}
    where {{ in_last_days('period_start', 'asset_candles_1h') }} and source = 'markets'

),

hours as (

    select candles.*
    from {{ ref('asset_candles_1h') }} as candles
    cross join newest
    where
        {{ in_last_days('candles.period_start', 'asset_candles_1h') }}
        and candles.period_start >= timestamp_sub(newest.period_start, interval 24 hour)

),

changes as (

    select
        asset_id,
        min(period_start) as from_hour,
        max(period_start) as to_hour,
        array_agg(close order by period_start limit 1)[offset(0)] as first_close,
        array_agg(close order by period_start desc limit 1)[offset(0)] as last_close
    from hours
    group by 1

)

select
    changes.*,
    {{ basis_points('changes.last_close', 'changes.first_close') }} / 100 as change_percent,
    assets.volume_usd_24hr
from changes
inner join {{ ref('latest_assets') }} as assets on changes.asset_id = assets.id
where
    assets.volume_usd_24hr >= {{ var('movers_least_volume_usd', 1000000) }}
    and changes.from_hour < changes.to_hour

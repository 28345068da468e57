-- The current version of a dimension is the open version of its snapshot, made another way.
select
    dims.asset_id as id,
    'assets' as dimension
from {{ ref('dim_assets') }} as dims
inner join {{ ref('snap_assets') }} as snaps
    on dims.asset_id = snaps.id and snaps.dbt_valid_to is null
where dims.is_current and (dims.name != snaps.name or dims.rank != snaps.rank)
union all
select
    dims.exchange_id,
    'exchanges'
from {{ ref('dim_exchanges') }} as dims
inner join {{ ref('snap_exchanges') }} as snaps
    on dims.exchange_id = snaps.exchange_id and snaps.dbt_valid_to is null
where dims.is_current and (dims.name != snaps.name or dims.trading_pairs != snaps.trading_pairs)

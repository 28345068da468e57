with history as (

    {{ versions('asset_days', 'id', ['symbol', 'name', 'rank', 'max_supply', 'explorer']) }}

)

select
    version_id as asset_version_id,
    id as asset_id,
    symbol,
    name,
    rank,
    max_supply,
    explorer,
    valid_from,
    valid_to,
    is_current
from history

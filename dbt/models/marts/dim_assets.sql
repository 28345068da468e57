select
    dbt_scd_id as asset_version_id,
    id as asset_id,
    symbol,
    name,
    rank,
    max_supply,
    explorer,
    dbt_valid_from as valid_from,
    dbt_valid_to as valid_to,
    dbt_valid_to is null as is_current
from {{ ref('snap_assets') }}

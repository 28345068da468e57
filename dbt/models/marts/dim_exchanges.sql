select
    dbt_scd_id as exchange_version_id,
    exchange_id,
    name,
    rank,
    trading_pairs,
    socket,
    exchange_url,
    dbt_valid_from as valid_from,
    dbt_valid_to as valid_to,
    dbt_valid_to is null as is_current
from {{ ref('snap_exchanges') }}

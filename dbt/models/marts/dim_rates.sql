select
    dbt_scd_id as rate_version_id,
    id as rate_id,
    symbol,
    currency_symbol,
    type,
    dbt_valid_from as valid_from,
    dbt_valid_to as valid_to,
    dbt_valid_to is null as is_current
from {{ ref('snap_rates') }}

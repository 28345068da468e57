with history as (

    {{ versions('rate_days', 'id', ['symbol', 'currency_symbol', 'type']) }}

)

select
    version_id as rate_version_id,
    id as rate_id,
    symbol,
    currency_symbol,
    type,
    valid_from,
    valid_to,
    is_current
from history

with history as (

    {{ versions(
        'exchange_days', 'exchange_id', ['name', 'rank', 'trading_pairs', 'socket', 'exchange_url'],
        news='updated'
    ) }}

)

select
    version_id as exchange_version_id,
    exchange_id,
    name,
    rank,
    trading_pairs,
    socket,
    exchange_url,
    valid_from,
    valid_to,
    is_current
from history

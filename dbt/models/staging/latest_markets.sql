select *
from {{ ref('stg_markets') }}
where {{ in_last_days('polled_at', 'markets', 2) }}
{{ newest(['exchange_id', 'base_id', 'quote_id'], before=['updated']) }}

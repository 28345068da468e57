select *
from {{ ref('stg_exchanges') }}
where {{ in_last_days('polled_at', 'exchanges') }}
{{ newest(['exchange_id'], before=['updated']) }}

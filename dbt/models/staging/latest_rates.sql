select *
from {{ ref('stg_rates') }}
where {{ in_last_days('polled_at', 'rates') }}
{{ newest(['id']) }}

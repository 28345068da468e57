select *
from {{ ref('stg_assets') }}
where {{ in_last_days('polled_at', 'assets') }}
{{ newest(['id']) }}

{{ config(materialized='table') }}

select * except (loaded_at)
from {{ ref('rate_days') }}
where {{ in_last_days('polled_at', 'rates') }}
{{ newest(['id']) }}

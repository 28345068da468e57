{{ config(materialized='table') }}

select * except (loaded_at)
from {{ ref('exchange_days') }}
where {{ in_last_days('polled_at', 'exchanges') }}
{{ newest(['exchange_id'], before=['updated']) }}

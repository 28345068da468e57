{{ config(materialized='table') }}

select * except (loaded_at)
from {{ ref('asset_days') }}
where {{ in_last_days('polled_at', 'assets') }}
{{ newest(['id']) }}

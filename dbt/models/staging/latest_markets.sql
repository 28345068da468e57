{{ config(materialized='table') }}

select * except (loaded_at)
from {{ ref('market_days') }}
where {{ in_last_days('polled_at', 'markets') }}
{{ newest(['exchange_id', 'base_id', 'quote_id'], before=['updated']) }}

{{ config(materialized='view') }}

-- Whether a candle stands for every minute of its period, or some had no sample.
{% set market = "to_json_string([exchange_id, base_id, quote_id])" %}
{{ gaps_of('asset', '5m', 5, 'asset_id') }}
union all
{{ gaps_of('asset', '1h', 60, 'asset_id') }}
union all
{{ gaps_of('asset', '1d', 1440, 'asset_id') }}
union all
{{ gaps_of('market', '5m', 5, market) }}
union all
{{ gaps_of('market', '1h', 60, market) }}
union all
{{ gaps_of('market', '1d', 1440, market) }}

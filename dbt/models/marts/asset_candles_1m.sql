{{ config(materialized='view') }}

select asset_id, period_start, open, high, low, close, vwap, samples, source
from {{ source('raw', 'asset_candles_1m') }}

{{ config(materialized='view') }}

select
    exchange_id, base_id, quote_id, period_start, open, high, low, close, vwap, samples, source
from {{ source('raw', 'market_candles_1m') }}

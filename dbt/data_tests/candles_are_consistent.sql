-- No candle may open or close outside its low and high, or stand for no sample.
{% set market = "concat(exchange_id, '|', base_id, '|', quote_id)" %}
{{ inconsistent_candles('asset', '1m', 'asset_id') }}
union all
{{ inconsistent_candles('asset', '5m', 'asset_id') }}
union all
{{ inconsistent_candles('asset', '1h', 'asset_id') }}
union all
{{ inconsistent_candles('asset', '1d', 'asset_id') }}
union all
{{ inconsistent_candles('market', '1m', market) }}
union all
{{ inconsistent_candles('market', '5m', market) }}
union all
{{ inconsistent_candles('market', '1h', market) }}
union all
{{ inconsistent_candles('market', '1d', market) }}

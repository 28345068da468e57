{{ config(
    materialized='incremental', incremental_strategy='insert_overwrite', meta={'days_of': 'assets'},
    partition_by={'field': 'polled_at', 'data_type': 'timestamp', 'granularity': 'day'},
    cluster_by=['id']
) }}

{{ last_of_day('assets', 'id', [
    'symbol', 'name', 'rank', 'max_supply', 'explorer', 'market_cap_usd'
]) }}

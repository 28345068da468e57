{{ config(
    materialized='incremental', incremental_strategy='insert_overwrite',
    meta={'days_of': 'markets'},
    partition_by={'field': 'polled_at', 'data_type': 'timestamp', 'granularity': 'day'},
    cluster_by=['exchange_id', 'base_id', 'quote_id'], on_schema_change='append_new_columns'
) }}

{{ last_of_day('markets', ['exchange_id', 'base_id', 'quote_id'], ['updated']) }}

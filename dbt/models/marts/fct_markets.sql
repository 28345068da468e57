{{ config(
    materialized='incremental', incremental_strategy='insert_overwrite', meta={'days_of': 'markets'},
    partition_by={'field': 'polled_at', 'data_type': 'timestamp', 'granularity': 'day'},
    cluster_by=['exchange_id', 'base_id', 'quote_id'], require_partition_filter=true,
    on_schema_change='append_new_columns'
) }}

select
    markets.exchange_id,
    markets.base_id,
    markets.quote_id,
    markets.snapshot_id,
    markets.rank,
    markets.price_quote,
    markets.price_usd,
    markets.volume_usd_24hr,
    markets.percent_exchange_volume,
    markets.trades_count_24hr,
    markets.distrust,
    markets.updated,
    markets.polled_at,
    markets.topic_id,
    markets.`partition` as topic_partition,
    markets.`offset` as topic_offset,
    markets.value_md5,
    loads.loaded_at
from {{ ref('stg_markets') }} as markets
inner join {{ source('raw', 'load_log') }} as loads
    on date(markets.polled_at) = loads.day and loads.table_name = 'markets'
where {{ on_changed_days('markets.polled_at') }}

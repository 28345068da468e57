{{ config(
    materialized='incremental', incremental_strategy='insert_overwrite', meta={'days_of': 'polls'},
    partition_by={'field': 'hour_start', 'data_type': 'timestamp', 'granularity': 'day'},
    on_schema_change='append_new_columns'
) }}

-- How fast CoinCap answers, per endpoint and hour; calls that got no answer count as failed.
with calls as (

    select
        polls.endpoint,
        timestamp_trunc(polls.polled_at, hour) as hour_start,
        polls.status,
        cast(polls.latency_ms as float64) as latency_ms,
        polls.bytes,
        polls.rows_received,
        polls.credits,
        loads.loaded_at
    from {{ ref('stg_polls') }} as polls
    inner join {{ source('raw', 'load_log') }} as loads
        on date(polls.polled_at) = loads.day and loads.table_name = 'polls'
    where {{ on_changed_days('polls.polled_at') }} and polls.kind = 'page'

)

select
    endpoint,
    hour_start,
    count(*) as calls,
    countif(status is null or status >= 400) as failed_calls,
    avg(latency_ms) as mean_ms,
    approx_quantiles(latency_ms, 100)[offset(50)] as p50_ms,
    approx_quantiles(latency_ms, 100)[offset(95)] as p95_ms,
    approx_quantiles(latency_ms, 100)[offset(99)] as p99_ms,
    sum(bytes) as bytes,
    sum(rows_received) as rows_received,
    sum(credits) as credits,
    max(loaded_at) as loaded_at
from calls
group by 1, 2

{{ config(
    materialized='incremental', incremental_strategy='insert_overwrite',
    meta={'days_of': 'markets'},
    partition_by={'field': 'hour_start', 'data_type': 'timestamp', 'granularity': 'day'},
    on_schema_change='append_new_columns'
) }}

-- How old rows of markets are when they are in Kafka and when they can be read in the warehouse.
-- A replay of old responses (over a day between poll and arrival) is no measurement.
with measured as (

    select
        timestamp_trunc(polled_at, hour) as hour_start,
        polled_at,
        arrived_at
    from {{ ref('stg_markets') }}
    where
        {{ on_changed_days('polled_at') }}
        and timestamp_diff(arrived_at, polled_at, hour) between 0 and 23

),

complete as (

    select
        hour_start,
        max(arrived_at) as last_arrived_at
    from measured
    group by 1

),

readable as (

    select
        complete.hour_start,
        min(case when loads.loaded_at >= complete.last_arrived_at then loads.loaded_at end)
            as readable_at,
        max(loads.loaded_at) as loaded_at
    from complete
    inner join {{ source('raw', 'load_history') }} as loads
        on date(complete.hour_start) = loads.day and loads.table_name = 'markets'
    group by 1

),

ages as (

    select
        measured.hour_start,
        readable.loaded_at,
        timestamp_diff(measured.arrived_at, measured.polled_at, millisecond) / 1000 as to_kafka_s,
        case
            when timestamp_diff(readable.readable_at, measured.arrived_at, hour) < 24
                then timestamp_diff(readable.readable_at, measured.polled_at, millisecond) / 1000
        end as to_mart_s
    from measured
    inner join readable on measured.hour_start = readable.hour_start

)

select
    hour_start,
    count(*) as rows_measured,
    approx_quantiles(to_kafka_s, 100)[offset(50)] as to_kafka_p50_s,
    approx_quantiles(to_kafka_s, 100)[offset(95)] as to_kafka_p95_s,
    approx_quantiles(to_kafka_s, 100)[offset(99)] as to_kafka_p99_s,
    approx_quantiles(to_mart_s, 100)[offset(50)] as to_mart_p50_s,
    approx_quantiles(to_mart_s, 100)[offset(95)] as to_mart_p95_s,
    approx_quantiles(to_mart_s, 100)[offset(99)] as to_mart_p99_s,
    max(loaded_at) as loaded_at
from ages
group by 1

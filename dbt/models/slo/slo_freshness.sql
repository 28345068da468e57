-- How old rows of markets are when they reach Kafka and when they reach the warehouse.
-- A replay of old responses (over a day between poll and arrival) is no measurement.
with rows_per_hour as (

    select
        timestamp_trunc(arrived_at, hour) as hour_start,
        date(polled_at) as day,
        timestamp_diff(arrived_at, polled_at, millisecond) / 1000 as to_kafka_s,
        arrived_at
    from {{ ref('stg_markets') }}
    where timestamp_diff(arrived_at, polled_at, hour) between 0 and 23

)

select
    rows_per_hour.hour_start,
    count(*) as rows_measured,
    approx_quantiles(to_kafka_s, 100)[offset(50)] as to_kafka_p50_s,
    approx_quantiles(to_kafka_s, 100)[offset(95)] as to_kafka_p95_s,
    approx_quantiles(to_kafka_s, 100)[offset(99)] as to_kafka_p99_s,
    timestamp_diff(max(loads.loaded_at), max(rows_per_hour.arrived_at), second) as to_mart_s
from rows_per_hour
left join {{ source('raw', 'load_log') }} as loads
    on rows_per_hour.day = loads.day and loads.table_name = 'markets'
group by 1

-- How old the newest row of a micro-batch was when analysts could read it in PostgreSQL.
select
    hour_start,
    batches,
    messages,
    to_serving_p50_s,
    to_serving_p95_s,
    to_serving_p99_s,
    measured_at
from {{ ref('stg_serving_hours') }}

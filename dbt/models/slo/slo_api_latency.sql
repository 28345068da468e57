-- How fast CoinCap answers, per endpoint and hour; calls that got no answer count as failed.
with calls as (

    select
        endpoint,
        timestamp_trunc(polled_at, hour) as hour_start,
        status,
        cast(latency_ms as float64) as latency_ms,
        bytes,
        credits
    from {{ ref('stg_polls') }}
    where polled_at >= timestamp '2020-01-01' and kind = 'page'

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
    sum(credits) as credits
from calls
group by 1, 2

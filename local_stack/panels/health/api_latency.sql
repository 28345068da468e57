select
    endpoint,
    percentile_cont(0.50) within group (order by latency_ms)::numeric(12, 1) as p50,
    avg(latency_ms)::numeric(12, 1) as mean,
    percentile_cont(0.95) within group (order by latency_ms)::numeric(12, 1) as p95,
    percentile_cont(0.99) within group (order by latency_ms)::numeric(12, 1) as p99,
    count(*) as calls
from market.v1_polls
where latency_ms is not null
    and polled_at >= :'from'::timestamptz
    and polled_at < :'to'::timestamptz
group by endpoint
order by endpoint;

select
    percentile_cont(0.50) within group (order by latency_ms)::numeric(12, 1) as p50,
    percentile_cont(0.95) within group (order by latency_ms)::numeric(12, 1) as p95
from market.v1_polls
where polled_at >= :'from'::timestamptz
    and polled_at < :'to'::timestamptz
having count(latency_ms) > 0;

select
    date_bin(:'bucket'::interval, polled_at, '2000-01-01 00:00:00+00') as time,
    endpoint,
    percentile_cont(0.95) within group (order by latency_ms)::numeric(12, 1) as p95
from market.v1_polls
where latency_ms is not null
    and polled_at >= :'from'::timestamptz
    and polled_at < :'to'::timestamptz
group by 1, 2
order by 1, 2;

-- How fast does CoinCap answer, per endpoint (milliseconds)?
select
    endpoint,
    count(*) as calls,
    round(avg(latency_ms), 1) as mean_ms,
    percentile_cont(0.5) within group (order by latency_ms)::numeric(12, 1) as p50_ms,
    percentile_cont(0.95) within group (order by latency_ms)::numeric(12, 1) as p95_ms,
    percentile_cont(0.99) within group (order by latency_ms)::numeric(12, 1) as p99_ms
from market.v1_polls
where latency_ms is not null
group by endpoint
order by endpoint;

-- When is CoinCap slow (milliseconds), and what did the calls cost (credits)?
select endpoint, hour_start, calls, failed_calls, p50_ms, p95_ms, p99_ms, credits
from marts.slo_api_latency
order by hour_start desc, endpoint
limit 200;

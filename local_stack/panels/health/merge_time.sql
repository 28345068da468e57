select
    date_bin(:'bucket'::interval, finished_at, '2000-01-01 00:00:00+00') as time,
    percentile_cont(0.50) within group (order by read_ms)::numeric(12, 1) as read_p50,
    percentile_cont(0.50) within group (order by merge_ms)::numeric(12, 1) as merge_p50,
    percentile_cont(0.99) within group (order by merge_ms)::numeric(12, 1) as merge_p99
from market.stream_progress
where finished_at >= :'from'::timestamptz
    and finished_at < :'to'::timestamptz
group by 1
order by 1;

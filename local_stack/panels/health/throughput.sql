select
    date_bin(:'bucket'::interval, finished_at, '2000-01-01 00:00:00+00') as time,
    sum(messages) as messages,
    sum(new_samples) as new_samples,
    sum(stale_polls) as stale_polls
from market.stream_progress
where finished_at >= :'from'::timestamptz
    and finished_at < :'to'::timestamptz
group by 1
order by 1;

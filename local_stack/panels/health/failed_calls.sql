select
    endpoint,
    status,
    error,
    count(*) as calls,
    max(polled_at) as newest
from market.v1_polls
where (status is distinct from 200 or error is not null)
    and polled_at >= :'from'::timestamptz
    and polled_at < :'to'::timestamptz
group by 1, 2, 3
order by 5 desc, 1, 2, 3
limit 50;

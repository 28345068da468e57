select
    date_trunc('day', polled_at at time zone 'UTC') at time zone 'UTC' as time,
    endpoint,
    sum(credits) as credits
from market.v1_polls
where credits is not null
    and polled_at >= :'from'::timestamptz
    and polled_at < :'to'::timestamptz
group by 1, 2
order by 1, 2;

select sum(credits) as credits
from market.v1_polls
where polled_at >= date_trunc('month', now() at time zone 'UTC') at time zone 'UTC'
having count(credits) > 0;

select
    count(*) as alerts,
    count(*) filter (where severity = 'critical') as critical,
    count(*) filter (where rule = 'credits_running_out') as of_credits
from market.v1_alerts
where status = 'open'
having count(*) > 0;

select
    count(*) as alerts,
    count(*) filter (where severity = 'critical') as critical
from market.v1_alerts
where status = 'open'
having count(*) > 0;

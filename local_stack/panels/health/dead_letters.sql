select
    endpoint,
    reason,
    field,
    status,
    count(*) as rows,
    max(recorded_at) as newest
from market.v1_dead_letters
group by endpoint, reason, field, status
order by rows desc, endpoint, reason, field
limit 12;

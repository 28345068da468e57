-- What was refused, why, and what came of it?
select
    endpoint,
    reason,
    field,
    count(*) as rows,
    count(*) filter (where status = 'replayed') as replayed,
    max(recorded_at) as newest
from market.v1_dead_letters
group by endpoint, reason, field
order by rows desc, endpoint, reason, field;

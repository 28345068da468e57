select
    severity,
    rule,
    subject,
    message,
    opened_at
from market.v1_alerts
where status = 'open'
order by
    case severity when 'critical' then 1 when 'warning' then 2 else 3 end,
    opened_at desc,
    alert_id
limit 100;

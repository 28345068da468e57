select
    severity,
    rule,
    subject,
    message,
    opened_at
from market.v1_alerts
where status = 'open'
order by opened_at desc, alert_id
limit 100;

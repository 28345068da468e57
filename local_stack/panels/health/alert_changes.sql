select
    updated_at as time,
    status,
    severity,
    rule,
    subject,
    message
from market.v1_alert_changes
where updated_at >= :'from'::timestamptz
    and updated_at < :'to'::timestamptz
order by change_id desc
limit 200;

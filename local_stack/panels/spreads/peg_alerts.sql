select
    c.updated_at as time,
    c.status,
    c.severity,
    coalesce(a.name, c.subject) as stablecoin,
    c.value,
    c.threshold,
    c.message
from market.v1_alert_changes as c
left join market.v1_latest_assets as a on a.id = c.subject
where c.rule = 'stablecoin_peg'
    and c.updated_at >= :'from'::timestamptz
    and c.updated_at < :'to'::timestamptz
order by c.change_id desc
limit 50;

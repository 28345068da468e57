-- Every change of an alert: what analysts look back on, and what goes out to coincap.alerts.

create table market.alert_changes (
    change_id bigint generated always as identity primary key,
    alert_id text not null,
    rule text not null,
    subject text not null,
    severity text not null,
    status text not null,
    opened_at timestamptz not null,
    updated_at timestamptz not null,
    closed_at timestamptz,
    value numeric(38, 18),
    threshold numeric(38, 18),
    message text not null,
    published_at timestamptz
);
create index on market.alert_changes (change_id) where published_at is null;
create index on market.alert_changes (alert_id, change_id);
comment on table market.alert_changes is
'History of the alerts. Grain: one row per alert that opened, changed its severity or closed.';
comment on column market.alert_changes.published_at is
'When it went out to the topic coincap.alerts; null: not yet.';

create view market.v1_alert_changes as
select
    change_id, alert_id, rule, subject, severity, status, opened_at, updated_at, closed_at,
    value, threshold, message
from market.alert_changes;

-- What the rules read: the newest polls and refusals of an endpoint.
create index on market.polls (kind, polled_at);
create index on market.dead_letters (polled_at);

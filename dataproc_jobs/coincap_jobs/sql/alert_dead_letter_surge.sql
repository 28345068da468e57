-- Share of each endpoint's rows that were refused within the window, in percent.
with letters as (
    select coalesce(endpoint, source_topic, 'unknown') as endpoint, count(*) as refused
    from market.dead_letters
    where polled_at > %(as_of)s - make_interval(mins => %(window_min)s)
        and polled_at <= %(as_of)s and status = 'open'
    group by 1
    having count(*) >= %(least_letters)s
),
received as (
    select endpoint, sum(rows) as received
    from market.polls
    where kind = 'page' and polled_at > %(as_of)s - make_interval(mins => %(window_min)s)
        and polled_at <= %(as_of)s
    group by endpoint
),
shares as (
    select
        l.endpoint, l.refused,
        100.0 * l.refused / greatest(coalesce(r.received, 0), l.refused) as percent
    from letters as l
    left join received as r on r.endpoint = l.endpoint
)
select
    endpoint as subject,
    percent as value,
    percent as lingering,
    format(
        '%%s rows of %%s were refused within %%s min, %%s %%%% of what came: see v1_dead_letters',
        refused, endpoint, %(window_min)s::int, round(percent, 2)
    ) as message
from shares

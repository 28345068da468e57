-- What the month will have cost at the recent pace, in percent of its budget; twice the budget
-- stands for "nearly spent" (95 of 100), whatever the pace.
with month as (
    select
        date_trunc('month', %(as_of)s at time zone 'UTC') at time zone 'UTC' as started,
        (date_trunc('month', %(as_of)s at time zone 'UTC') + interval '1 month')
            at time zone 'UTC' as ends
),
spent as (
    select
        coalesce(sum(p.credits), 0) as credits,
        coalesce(sum(p.credits) filter (
            where p.polled_at > %(as_of)s - make_interval(hours => %(pace_h)s)
        ), 0) as recent,
        least(
            extract(epoch from %(as_of)s - min(m.started)) / 3600, %(pace_h)s::numeric
        ) as hours,
        extract(epoch from min(m.ends) - %(as_of)s) / 3600 as hours_left
    from month as m
    left join market.polls as p
        on p.kind = 'sweep' and p.polled_at >= m.started and p.polled_at <= %(as_of)s
),
projected as (
    select
        credits,
        case
            when credits >= 0.95 * %(credits_per_month)s then 200.0
            else 100 * (credits + recent / greatest(hours, 1) * hours_left)
                / %(credits_per_month)s
        end as percent
    from spent
)
select
    'month' as subject,
    percent as value,
    percent as lingering,
    format(
        '%%s of %%s credits of this month are spent; at this pace it ends at %%s %%%%: poll less '
        'often or raise the budget',
        credits, %(credits_per_month)s::bigint, round(percent)
    ) as message
from projected

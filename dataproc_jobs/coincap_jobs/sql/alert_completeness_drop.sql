-- Completeness of the newest full sweep below the median of the sweeps before it, in points.
with sweeps as (
    select
        polled_at,
        100.0 * pairs_got / pairs_claimed as pairs,
        case when volume_claimed_usd > 0 then 100 * volume_got_usd / volume_claimed_usd end as volume,
        row_number() over (order by polled_at desc, snapshot_id collate "C" desc) as age
    from (
        select * from market.polls
        where kind = 'sweep' and endpoint = 'markets' and pairs_claimed > 0
            and polled_at <= %(as_of)s
            -- A sweep of part of the markets names that part after the tick; parts differ by nature.
            and split_part(snapshot_id, '-', 3) = ''
        order by polled_at desc, snapshot_id collate "C" desc
        limit %(sweeps)s + 1
    ) as recent
),
figures as (
    select s.age, f.subject, f.percent
    from sweeps as s
    cross join lateral (values ('markets by pair', s.pairs), ('markets by volume', s.volume))
        as f (subject, percent)
    where f.percent is not null
),
compared as (
    select
        subject,
        max(percent) filter (where age = 1) as newest,
        (percentile_cont(0.5) within group (order by percent) filter (where age > 1))::numeric
            as usual
    from figures
    group by subject
    having count(*) filter (where age > 1) >= %(least_sweeps)s
)
select
    subject,
    usual - newest as value,
    usual - newest as lingering,
    format(
        'the last sweep of %%s got %%s %%%%, usual are %%s %%%%',
        subject, round(newest, 2), round(usual, 2)
    ) as message
from compared
where newest is not null

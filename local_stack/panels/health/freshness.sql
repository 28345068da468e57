-- A tick is one scheduled time; its sweeps, however many, name it in their snapshot_id.
with ticks as (
    select
        e.endpoint,
        min(s.polled_at) as polled_at,
        row_number() over (partition by e.endpoint order by min(s.polled_at) desc) as place
    from (values ('assets'), ('rates'), ('exchanges'), ('markets')) as e (endpoint)
    cross join lateral (
        select snapshot_id, polled_at
        from market.polls
        where kind = 'sweep'
            and endpoint = e.endpoint
            and polled_at is not null
        order by polled_at desc
        limit 500
    ) as s
    group by e.endpoint, split_part(s.snapshot_id, '-', 2)
),

gaps as (
    select
        endpoint,
        polled_at,
        place,
        extract(epoch from polled_at - lead(polled_at) over (
            partition by endpoint order by place
        )) as gap
    from ticks
),

usual as (
    select
        endpoint,
        max(polled_at) as polled_at,
        percentile_cont(0.5) within group (order by gap)::numeric(20, 1) as gap,
        count(gap) >= 4 as known
    from gaps
    where place <= 8
    group by endpoint
),

expected as (
    select
        u.endpoint,
        coalesce(w.newest_polled_at, u.polled_at) as newest,
        extract(epoch from now() - coalesce(w.newest_polled_at, u.polled_at)) as age,
        case when u.known then u.gap end as usual_gap,
        case when u.known then greatest(3 * u.gap, 900) end as expected_within
    from usual as u
    left join market.stream_watermarks as w on w.topic = 'coincap.' || u.endpoint
)

select
    endpoint,
    newest,
    age::numeric(20, 1) as age,
    usual_gap,
    expected_within,
    (100 * age / expected_within)::numeric(20, 1) as of_expected
from expected
order by of_expected desc nulls last, endpoint;

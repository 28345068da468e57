-- The newest return of each large asset against the spread of those before it. Returns are
-- logarithmic and divided by the square root of their minutes, so that gaps compare with polls.
-- Robust deviation: 1.4826 x median absolute deviation, which is the standard deviation of a
-- normal distribution (Rousseeuw and Croux, 1993). Floats by definition.
with samples as (
    select
        a.id as asset_id, a.rank, t.sampled_at, t.price::float8 as price,
        lag(t.price::float8) over series as price_before,
        lag(t.sampled_at) over series as sampled_before,
        row_number() over (partition by a.id order by t.sampled_at desc) as age
    from market.assets as a
    cross join lateral (
        select s.sampled_at, s.price
        from market.asset_ticks as s
        where s.asset_id = a.id and s.price > 0
            and s.sampled_at > %(as_of)s - make_interval(mins => %(window_min)s)
            and s.sampled_at <= %(as_of)s
    ) as t
    where a.rank <= %(top_ranks)s
    window series as (partition by a.id order by t.sampled_at)
),
returns as (
    select
        asset_id, age, price,
        ln(price / price_before) as move,
        ln(price / price_before)
        / sqrt(extract(epoch from sampled_at - sampled_before)::float8 / 60) as paced
    from samples
    where price_before is not null
),
middles as (
    select asset_id, percentile_cont(0.5) within group (order by paced) as median
    from returns where age > 1
    group by asset_id having count(*) >= %(least_returns)s
),
spreads as (
    select
        r.asset_id, m.median,
        greatest(
            1.4826 * percentile_cont(0.5) within group (order by abs(r.paced - m.median)),
            %(least_deviation_bps)s / 10000.0::float8
        ) as deviation
    from returns as r
    join middles as m on m.asset_id = r.asset_id
    where r.age > 1
    group by r.asset_id, m.median
),
scored as (
    select
        r.asset_id, r.move, r.price, s.deviation,
        (abs(r.paced - s.median) / s.deviation)::numeric as score
    from returns as r
    join spreads as s on s.asset_id = r.asset_id
    where r.age = 1
)
select
    asset_id as subject,
    case when abs(exp(move) - 1) * 10000 >= %(least_move_bps)s then score else 0 end as value,
    score as lingering,
    format(
        '%%s moved %%s %%%% to %%s USD, %%s robust deviations of its last hour',
        asset_id, round((100 * (exp(move) - 1))::numeric, 2),
        trim_scale(round(price::numeric, 6)), round(score, 1)
    ) as message
from scored
where score >= %(close_below)s

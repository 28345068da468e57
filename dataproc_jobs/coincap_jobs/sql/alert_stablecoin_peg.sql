-- Deviation from the peg over each stablecoin's last samples, in basis points: the smallest of
-- them is what is sustained, the largest is what must be back inside for the alert to close.
with pegs as (
    select peg ->> 'asset_id' as asset_id, (peg ->> 'peg_usd')::numeric as peg_usd
    from jsonb_array_elements(%(stablecoins)s) as peg
),
deviations as (
    select p.asset_id, recent.sampled_at, recent.price,
        abs(recent.price / p.peg_usd - 1) * 10000 as bps
    from pegs as p
    cross join lateral (
        select t.sampled_at, t.price
        from market.asset_ticks as t
        where t.asset_id = p.asset_id and t.sampled_at <= %(as_of)s
        order by t.sampled_at desc
        limit %(samples)s
    ) as recent
)
select
    asset_id as subject,
    min(bps) as value,
    max(bps) as lingering,
    format(
        '%%s has been at least %%s bps off its peg over %%s samples; now %%s USD',
        asset_id, round(min(bps), 1), count(*),
        trim_scale(round((array_agg(price order by sampled_at desc))[1], 6))
    ) as message
from deviations
group by asset_id
having count(*) = %(samples)s

-- The candles of assets whose own samples or whose markets' candles changed in a minute.
with touched as (
    select asset_id, minute_start from pg_temp.touched_assets
    union
    select base_id, minute_start from pg_temp.touched_markets
)
insert into market.asset_candles_1m as c (
    asset_id, minute_start, open, high, low, close, vwap, samples,
    first_sampled_at, last_sampled_at, price_weight_sum, weight_sum, market_samples
)
select
    own.asset_id, own.minute_start, own.open, own.high, own.low, own.close,
    round(traded.price_weight_sum / nullif(traded.weight_sum, 0), 18),
    own.samples, own.first_sampled_at, own.last_sampled_at,
    coalesce(traded.price_weight_sum, 0), coalesce(traded.weight_sum, 0),
    coalesce(traded.samples, 0)
from (
    select
        t.asset_id, m.minute_start,
        (array_agg(t.price order by t.sampled_at))[1] as open,
        max(t.price) as high,
        min(t.price) as low,
        (array_agg(t.price order by t.sampled_at desc))[1] as close,
        count(*) as samples,
        min(t.sampled_at) as first_sampled_at,
        max(t.sampled_at) as last_sampled_at
    from touched as m
    join market.asset_ticks as t
        on t.asset_id = m.asset_id
        and t.sampled_at >= m.minute_start
        and t.sampled_at < m.minute_start + interval '1 minute'
    group by t.asset_id, m.minute_start
) as own
left join lateral (
    select
        sum(c.trusted_price_weight_sum) as price_weight_sum,
        sum(c.trusted_weight_sum) as weight_sum,
        sum(c.trusted_samples) as samples
    from market.market_candles_1m as c
    where c.base_id = own.asset_id and c.minute_start = own.minute_start
) as traded on true
on conflict (asset_id, minute_start) do update set
    open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
    vwap = excluded.vwap, samples = excluded.samples,
    first_sampled_at = excluded.first_sampled_at, last_sampled_at = excluded.last_sampled_at,
    price_weight_sum = excluded.price_weight_sum, weight_sum = excluded.weight_sum,
    market_samples = excluded.market_samples

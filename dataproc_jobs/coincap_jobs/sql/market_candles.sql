-- The candles of the touched minutes, computed from all samples of each minute.
insert into market.market_candles_1m as c (
    exchange_id, base_id, quote_id, minute_start, open, high, low, close, vwap, samples,
    first_sampled_at, last_sampled_at, price_weight_sum, weight_sum,
    trusted_samples, trusted_price_weight_sum, trusted_weight_sum
)
select
    t.exchange_id, t.base_id, t.quote_id, m.minute_start,
    (array_agg(t.price order by t.sampled_at))[1],
    max(t.price),
    min(t.price),
    (array_agg(t.price order by t.sampled_at desc))[1],
    round(sum(t.price * t.weight) / nullif(sum(t.weight), 0), 18),
    count(*),
    min(t.sampled_at),
    max(t.sampled_at),
    sum(t.price * t.weight),
    sum(t.weight),
    count(*) filter (where t.distrust is null),
    coalesce(sum(t.price * t.weight) filter (where t.distrust is null), 0),
    coalesce(sum(t.weight) filter (where t.distrust is null), 0)
from pg_temp.touched_markets as m
join market.market_ticks as t
    on t.base_id = m.base_id and t.exchange_id = m.exchange_id and t.quote_id = m.quote_id
    and t.sampled_at >= m.minute_start and t.sampled_at < m.minute_start + interval '1 minute'
group by t.exchange_id, t.base_id, t.quote_id, m.minute_start
on conflict (base_id, exchange_id, quote_id, minute_start) do update set
    open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
    vwap = excluded.vwap, samples = excluded.samples,
    first_sampled_at = excluded.first_sampled_at, last_sampled_at = excluded.last_sampled_at,
    price_weight_sum = excluded.price_weight_sum, weight_sum = excluded.weight_sum,
    trusted_samples = excluded.trusted_samples,
    trusted_price_weight_sum = excluded.trusted_price_weight_sum,
    trusted_weight_sum = excluded.trusted_weight_sum

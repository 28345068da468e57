-- New samples of markets into the window; a sample's value is that of its lowest poll.
-- Leaves the touched minutes in pg_temp.touched_markets. Parameters: horizon.
with fresh as (
    insert into market.market_ticks as t (
        base_id, exchange_id, quote_id, sampled_at, price, weight, distrust,
        polled_at, snapshot_id, value_md5
    )
    select distinct on (base_id, exchange_id, quote_id, updated)
        base_id, exchange_id, quote_id, updated, first_price, first_weight, first_distrust,
        first_polled_at, first_snapshot_id, first_md5
    from {source}
    where updated >= %(horizon)s and first_price is not null
    order by
        base_id, exchange_id, quote_id, updated,
        first_polled_at, first_snapshot_id collate "C", first_md5
    on conflict (base_id, exchange_id, quote_id, sampled_at) do update set
        price = excluded.price, weight = excluded.weight, distrust = excluded.distrust,
        polled_at = excluded.polled_at, snapshot_id = excluded.snapshot_id,
        value_md5 = excluded.value_md5
    where (excluded.polled_at, excluded.snapshot_id collate "C", excluded.value_md5)
        < (t.polled_at, t.snapshot_id collate "C", t.value_md5)
    returning base_id, exchange_id, quote_id, sampled_at
)
insert into pg_temp.touched_markets
select base_id, exchange_id, quote_id, date_trunc('minute', sampled_at), count(*) from fresh
group by 1, 2, 3, 4

-- New samples of assets into the window; leaves the touched minutes in pg_temp.touched_assets.
-- Parameters: horizon.
with fresh as (
    insert into market.asset_ticks as t (
        asset_id, sampled_at, price, polled_at, snapshot_id, value_md5
    )
    select distinct on (id, envelope_at)
        id, envelope_at, first_price, first_polled_at, first_snapshot_id, first_md5
    from {source}
    where envelope_at >= %(horizon)s and first_price is not null
    order by id, envelope_at, first_polled_at, first_snapshot_id collate "C", first_md5
    on conflict (asset_id, sampled_at) do update set
        price = excluded.price, polled_at = excluded.polled_at,
        snapshot_id = excluded.snapshot_id, value_md5 = excluded.value_md5
    where (excluded.polled_at, excluded.snapshot_id collate "C", excluded.value_md5)
        < (t.polled_at, t.snapshot_id collate "C", t.value_md5)
    returning asset_id, sampled_at
)
insert into pg_temp.touched_assets
select asset_id, date_trunc('minute', sampled_at), count(*) from fresh group by 1, 2

-- Where an asset could be sold dearest and bought cheapest, among its trustworthy markets, after
-- each exchange's taker fee. Bid-like and ask-like, because CoinCap has last prices, not books.
with priced as (
    select
        m.base_id, m.exchange_id, m.quote_id, m.price_usd, m.distrust, m.polled_at,
        coalesce(own.taker_fee_bps, fallback.taker_fee_bps) as fee_bps
    from market.markets as m
    join market.exchange_fees as fallback on fallback.exchange_id = '*'
    left join market.exchange_fees as own on own.exchange_id = m.exchange_id
),
ranked as (
    select
        *,
        row_number() over (
            partition by base_id
            order by price_usd * (10000 - fee_bps) desc, exchange_id collate "C", quote_id collate "C"
        ) as sell_rank,
        row_number() over (
            partition by base_id
            order by price_usd * (10000 + fee_bps), exchange_id collate "C", quote_id collate "C"
        ) as buy_rank,
        count(*) over (partition by base_id) as markets_used,
        max(polled_at) over (partition by base_id) as as_of
    from priced
    where distrust is null and price_usd > 0
),
reasons as (
    select base_id, jsonb_object_agg(distrust, markets order by distrust) as left_out
    from (
        select base_id, distrust, count(*) as markets
        from priced where distrust is not null group by base_id, distrust
    ) as counted
    group by base_id
),
computed as (
    select
        bid.base_id,
        bid.exchange_id as bid_exchange_id, bid.quote_id as bid_quote_id,
        bid.price_usd as bid_price_usd, bid.fee_bps as bid_fee_bps,
        ask.exchange_id as ask_exchange_id, ask.quote_id as ask_quote_id,
        ask.price_usd as ask_price_usd, ask.fee_bps as ask_fee_bps,
        round(10000 * (bid.price_usd / ask.price_usd - 1), 4) as gross_bps,
        round(10000 * (
            bid.price_usd * (10000 - bid.fee_bps) / (ask.price_usd * (10000 + ask.fee_bps)) - 1
        ), 4) as net_bps,
        bid.markets_used,
        coalesce(reasons.left_out, '{}') as left_out,
        bid.as_of
    from ranked as bid
    join ranked as ask on ask.base_id = bid.base_id and ask.buy_rank = 1
    left join reasons on reasons.base_id = bid.base_id
    where bid.sell_rank = 1 and bid.markets_used > 1
),
gone as (
    delete from market.spreads as s
    where not exists (select from computed as c where c.base_id = s.base_id)
)
insert into market.spreads as s
select * from computed
on conflict (base_id) do update set
    bid_exchange_id = excluded.bid_exchange_id, bid_quote_id = excluded.bid_quote_id,
    bid_price_usd = excluded.bid_price_usd, bid_fee_bps = excluded.bid_fee_bps,
    ask_exchange_id = excluded.ask_exchange_id, ask_quote_id = excluded.ask_quote_id,
    ask_price_usd = excluded.ask_price_usd, ask_fee_bps = excluded.ask_fee_bps,
    gross_bps = excluded.gross_bps, net_bps = excluded.net_bps,
    markets_used = excluded.markets_used, left_out = excluded.left_out, as_of = excluded.as_of
where (s.as_of, s.bid_price_usd, s.ask_price_usd, s.left_out)
    is distinct from (excluded.as_of, excluded.bid_price_usd, excluded.ask_price_usd, excluded.left_out)

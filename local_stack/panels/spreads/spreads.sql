select
    coalesce(a.name, s.base_id) as asset,
    s.ask_exchange_id as buy_at,
    s.ask_price_usd as ask,
    s.bid_exchange_id as sell_at,
    s.bid_price_usd as bid,
    s.gross_bps as gross,
    s.net_bps as net,
    s.markets_used as markets
from market.v1_spreads as s
left join market.v1_latest_assets as a on a.id = s.base_id
order by s.net_bps desc, s.base_id
limit 12;

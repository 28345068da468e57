-- For which assets is buying here and selling there worth it after both taker fees?
select base_id, ask_exchange_id, ask_price_usd, bid_exchange_id, bid_price_usd, net_bps, as_of
from market.v1_spreads
where net_bps > 0
order by net_bps desc, base_id;

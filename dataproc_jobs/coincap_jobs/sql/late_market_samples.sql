-- Minutes of samples that came after the window: rebuilt by the batch from silver. A poll that
-- repeats the trade we already serve is no new sample. Parameters: horizon.
insert into market.candle_rebuilds (candle_table, base_id, exchange_id, quote_id, minute_start)
select distinct
    'market_candles_1m', s.base_id, s.exchange_id, s.quote_id, date_trunc('minute', s.updated)
from {source}
left join market.markets as m
    on m.exchange_id = s.exchange_id and m.base_id = s.base_id and m.quote_id = s.quote_id
where s.updated < %(horizon)s and s.first_price is not null
    and (m.updated is distinct from s.updated or m.polled_at > s.first_polled_at)
on conflict (candle_table, base_id, exchange_id, quote_id, minute_start)
do update set queued_at = now(), done_at = null

-- Minutes of asset samples that came after the window. Parameters: horizon.
insert into market.candle_rebuilds (candle_table, base_id, minute_start)
select distinct 'asset_candles_1m', s.id, date_trunc('minute', s.envelope_at)
from {source}
where s.envelope_at < %(horizon)s and s.first_price is not null
on conflict (candle_table, base_id, exchange_id, quote_id, minute_start)
do update set queued_at = now(), done_at = null

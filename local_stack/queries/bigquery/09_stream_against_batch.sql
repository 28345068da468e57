-- In which hours do the live candles and those of the lake disagree, and by how much?
select
    candle_table, hour_start, live_candles, batch_candles, live_samples, batch_samples,
    close_difference
from marts.recon_stream_batch
where not agrees
order by hour_start desc, candle_table
limit 100;

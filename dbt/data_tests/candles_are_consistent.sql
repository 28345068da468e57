-- No candle may open or close outside its low and high, or stand for no sample.
select asset_id, period_start
from {{ ref('asset_candles_1h') }}
where
    period_start >= timestamp '2010-01-01'
    and (
        low > least(open, close)
        or high < greatest(open, close)
        or samples < 1
        or source not in ('markets', 'history')
    )

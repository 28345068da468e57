-- How far the day's close stands below the highest close up to it.
with closes as (

    select
        asset_id,
        period_start,
        cast(close as float64) as close,
        max(cast(close as float64)) over (
            partition by asset_id order by period_start
            rows between unbounded preceding and current row
        ) as peak_close
    from {{ ref('asset_candles_1d') }}
    where period_start >= timestamp '2010-01-01'

)

select
    asset_id,
    period_start,
    close,
    peak_close,
    close / nullif(peak_close, 0) - 1 as drawdown
from closes

-- How far stablecoins are from their peg, per hour; three hours in a row make a state.
with hours as (

    select
        candles.asset_id,
        candles.period_start,
        candles.close,
        pegs.peg_usd,
        {{ basis_points('candles.close', 'pegs.peg_usd') }} as deviation_bps
    from {{ ref('asset_candles_1h') }} as candles
    inner join {{ ref('stablecoins') }} as pegs on candles.asset_id = pegs.asset_id
    where candles.period_start >= timestamp '2010-01-01'

),

sustained as (

    select
        *,
        case when count(*) over three_hours = 3 then min(abs(deviation_bps)) over three_hours end
            as sustained_bps
    from hours
    window
        three_hours as (
            partition by asset_id order by unix_seconds(period_start)
            range between 7200 preceding and current row
        )

)

select
    asset_id,
    period_start,
    close,
    peg_usd,
    deviation_bps,
    sustained_bps,
    case
        when sustained_bps is null then null
        when sustained_bps < 10 then 'normal'
        when sustained_bps < 50 then 'watch'
        when sustained_bps <= 200 then 'depeg'
        else 'critical'
    end as state
from sustained

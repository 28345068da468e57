{{ config(materialized='view') }}

-- Which messages a figure of a mart was made of, and which model made it: filter by mart,
-- asset_id and a time between first_period and last_period.
with figures as (

    select
        *,
        width_minutes * 60 as width_s
    from {{ ref('figures') }}

),

samples as (

    select * from {{ ref('explain_samples') }}

),

joined as (

    select
        figures.mart,
        figures.computed_by,
        figures.formula,
        figures.lookback_minutes,
        case
            when figures.width_s > 0
                then timestamp_seconds(
                    div(unix_seconds(samples.sampled_at), figures.width_s) * figures.width_s
                )
        end as first_period,
        samples.* except (verdict),
        case
            -- A market's own candle takes samples that may not price the asset.
            when
                figures.mart like 'market_candles%'
                and samples.price_usd is not null
                and samples.verdict = samples.distrust
                then 'sample'
            else samples.verdict
        end as verdict
    from samples
    inner join figures on samples.record = figures.record
    where figures.lookback_minutes >= 0 or samples.is_newest

)

select
    * except (lookback_minutes, is_newest, verdict),
    case
        -- CoinCap's history makes a candle only where we have not polled in its period.
        when
            record = 'history'
            and max(case when record = 'asset' then price_usd end) over (
                partition by mart, asset_id, first_period
            ) is not null
            then 'own_polls'
        else verdict
    end as verdict,
    timestamp_add(first_period, interval lookback_minutes minute) as last_period
from joined

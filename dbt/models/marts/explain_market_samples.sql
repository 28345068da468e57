{{ config(materialized='view') }}

-- Why a candle of a market is what it is: every message of its trade times, with a verdict.
with messages as (

    select
        exchange_id,
        base_id,
        quote_id,
        updated as sampled_at,
        price_usd,
        volume_usd_24hr,
        distrust,
        polled_at,
        snapshot_id,
        value_md5,
        topic,
        `partition` as topic_partition,
        `offset` as topic_offset,
        message_text
    from {{ source('raw', 'markets') }}
    where polled_at >= timestamp '2010-01-01' and updated is not null

)

select
    * except (value_md5),
    case
        when price_usd is null then 'no_price'
        when row_number() over first_poll > 1 then 'repeat'
        else coalesce(distrust, 'sample')
    end as verdict,
    'raw.market_candles_1m, built by coincap_batch/candles.py' as computed_by
from messages
window first_poll as (
    partition by exchange_id, base_id, quote_id, sampled_at, price_usd is null
    order by polled_at, snapshot_id, value_md5
)

select
    exchange_id,
    base_id,
    quote_id,
    snapshot_id,
    rank,
    price_quote,
    price_usd,
    volume_usd_24hr,
    percent_exchange_volume,
    trades_count_24hr,
    distrust,
    updated,
    polled_at,
    topic_id,
    `partition` as topic_partition,
    `offset` as topic_offset
from {{ ref('stg_markets') }}

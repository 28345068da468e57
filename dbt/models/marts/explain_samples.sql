{{ config(materialized='view') }}

-- Every message that could make a figure, with its raw text and what became of it.
with markets as (

    select
        'market' as record,
        base_id as asset_id,
        exchange_id,
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

),

assets as (

    select
        'asset' as record,
        id as asset_id,
        cast(null as string) as exchange_id,
        cast(null as string) as quote_id,
        envelope_at as sampled_at,
        price_usd,
        volume_usd_24hr,
        cast(null as string) as distrust,
        polled_at,
        snapshot_id,
        value_md5,
        topic,
        `partition` as topic_partition,
        `offset` as topic_offset,
        message_text
    from {{ source('raw', 'assets') }}
    where envelope_at is not null

),

messages as (

    select * from markets
    union all
    select * from assets

)

select
    * except (value_md5),
    row_number() over (
        partition by record, asset_id, exchange_id, quote_id
        order by sampled_at desc, polled_at desc, snapshot_id desc, value_md5 desc
    ) = 1 as is_newest,
    case
        when price_usd is null then 'no_price'
        when row_number() over first_poll > 1 then 'repeat'
        else coalesce(distrust, 'sample')
    end as verdict
from messages
window first_poll as (
    partition by record, asset_id, exchange_id, quote_id, sampled_at, price_usd is null
    order by polled_at, snapshot_id, value_md5
)

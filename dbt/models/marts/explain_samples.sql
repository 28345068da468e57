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

history as (

    -- Never in Kafka: its place is the file of the landing zone.
    select
        'history' as record,
        asset_id,
        cast(null as string) as exchange_id,
        cast(null as string) as quote_id,
        priced_at as sampled_at,
        price_usd,
        null as volume_usd_24hr,
        cast(null as string) as distrust,
        polled_at,
        snapshot_id,
        cast(null as string) as value_md5,
        source_file as topic,
        cast(null as int64) as topic_partition,
        cast(null as int64) as topic_offset,
        cast(null as string) as message_text
    from {{ ref('stg_asset_history') }}

),

messages as (

    select * from markets
    union all
    select * from assets
    union all
    select * from history

),

judged as (

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

),

refused as (

    -- A refused row's own time could not be trusted: it stands at its poll's.
    select
        case endpoint when 'markets' then 'market' else 'asset' end as record,
        case endpoint when 'markets' then split(key, '|')[safe_offset(1)] else key end as asset_id,
        case endpoint when 'markets' then split(key, '|')[safe_offset(0)] end as exchange_id,
        case endpoint when 'markets' then split(key, '|')[safe_offset(2)] end as quote_id,
        polled_at as sampled_at,
        null as price_usd,
        null as volume_usd_24hr,
        cast(null as string) as distrust,
        polled_at,
        snapshot_id,
        source_topic as topic,
        source_partition as topic_partition,
        source_offset as topic_offset,
        raw as message_text,
        false as is_newest,
        concat('dead_letter: ', reason) as verdict
    from {{ ref('stg_dead_letters') }}
    where endpoint in ('markets', 'assets') and key is not null and polled_at is not null

)

select * from judged
union all
select * from refused

with source as (

    -- BigQuery refuses to read this table without a constant bound on its partition column.
    select * from {{ source('raw', 'markets') }}
    where polled_at >= timestamp '2010-01-01'

),

renamed as (

    select
        exchange_id,
        rank,
        base_symbol,
        base_id,
        quote_symbol,
        quote_id,
        price_quote,
        price_usd,
        volume_usd_24hr,
        percent_exchange_volume,
        trades_count_24hr,
        updated,
        snapshot_id,
        polled_at,
        envelope_at,
        api_version,
        distrust,
        topic,
        topic_id,
        `partition`,
        `offset`,
        arrived_at,
        value_md5
    from source

)

select * from renamed

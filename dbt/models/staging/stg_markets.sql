with source as (

    select * from {{ source('raw', 'markets') }}

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

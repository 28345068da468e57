with source as (

    select * from {{ source('raw', 'assets') }}

),

renamed as (

    select
        id,
        rank,
        symbol,
        name,
        supply,
        max_supply,
        market_cap_usd,
        volume_usd_24hr,
        price_usd,
        change_percent_24hr,
        vwap_24hr,
        explorer,
        snapshot_id,
        polled_at,
        envelope_at,
        api_version,
        topic,
        topic_id,
        `partition`,
        `offset`,
        arrived_at,
        value_md5
    from source

)

select * from renamed

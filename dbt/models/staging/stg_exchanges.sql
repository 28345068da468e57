with source as (

    select * from {{ source('raw', 'exchanges') }}

),

renamed as (

    select
        exchange_id,
        name,
        rank,
        percent_total_volume,
        volume_usd,
        trading_pairs,
        socket,
        exchange_url,
        updated,
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

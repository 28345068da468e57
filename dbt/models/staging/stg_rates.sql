with source as (

    select * from {{ source('raw', 'rates') }}

),

renamed as (

    select
        id,
        symbol,
        currency_symbol,
        type,
        rate_usd,
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

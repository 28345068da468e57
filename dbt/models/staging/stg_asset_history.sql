with source as (

    select * from {{ source('raw', 'asset_history') }}

),

renamed as (

    select
        id as asset_id,
        price_usd,
        circulating_supply,
        time as priced_at,
        polled_at,
        snapshot_id,
        source_file
    from source

)

select * from renamed

with source as (

    select * from {{ source('raw', 'dead_letters') }}

),

renamed as (

    select
        dead_letter_id,
        source,
        source_topic,
        source_partition,
        source_offset,
        endpoint,
        snapshot_id,
        polled_at,
        api_version,
        reason,
        field,
        key,
        raw,
        raw_bytes,
        raw_sha_256,
        raw_location,
        envelope_at,
        topic,
        topic_id,
        `partition`,
        `offset`,
        arrived_at,
        value_md5
    from source

)

select * from renamed

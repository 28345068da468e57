with source as (

    -- BigQuery refuses to read this table without a constant bound on its partition column.
    select * from {{ source('raw', 'polls') }}
    where polled_at >= timestamp '2010-01-01'

),

renamed as (

    select
        snapshot_id,
        kind,
        endpoint,
        page,
        attempt,
        polled_at,
        status,
        latency_ms,
        bytes,
        `rows` as rows_received,
        accepted,
        dead_lettered,
        duplicates,
        drift_fields,
        credits,
        pairs_got,
        pairs_claimed,
        exchanges_got,
        exchanges_claimed,
        volume_got_usd,
        volume_claimed_usd,
        api_version,
        error,
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

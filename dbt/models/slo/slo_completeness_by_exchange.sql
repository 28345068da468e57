with stored as (

    select
        exchange_id,
        count(*) as pairs_stored,
        countif(distrust is null) as pairs_trustworthy,
        sum(volume_usd_24hr) as volume_stored_usd,
        max(polled_at) as newest_polled_at
    from {{ ref('latest_markets') }}
    group by 1

),

claimed as (

    select
        exchange_id,
        name,
        trading_pairs as pairs_claimed,
        volume_usd as volume_claimed_usd
    from {{ ref('latest_exchanges') }}

)

select
    coalesce(claimed.exchange_id, stored.exchange_id) as exchange_id,
    claimed.name,
    claimed.pairs_claimed,
    coalesce(stored.pairs_stored, 0) as pairs_stored,
    coalesce(stored.pairs_trustworthy, 0) as pairs_trustworthy,
    round(
        100.0 * safe_divide(coalesce(stored.pairs_stored, 0), nullif(claimed.pairs_claimed, 0)), 4
    ) as pairs_percent,
    claimed.volume_claimed_usd,
    stored.volume_stored_usd,
    stored.newest_polled_at
from claimed
full outer join stored on claimed.exchange_id = stored.exchange_id

-- Of the pairs that the exchanges claim, how many each sweep of all markets brought.
select
    snapshot_id,
    polled_at,
    pairs_got,
    pairs_claimed,
    round(100.0 * safe_divide(pairs_got, pairs_claimed), 4) as pairs_percent,
    exchanges_got,
    exchanges_claimed,
    volume_got_usd,
    volume_claimed_usd,
    round(
        100.0 * safe_divide(cast(volume_got_usd as float64), cast(volume_claimed_usd as float64)), 4
    ) as volume_percent
from {{ ref('stg_polls') }}
where polled_at >= timestamp '2020-01-01' and kind = 'sweep' and endpoint = 'markets'
qualify row_number() over (partition by snapshot_id order by polled_at desc) = 1

select
    date_bin(:'bucket'::interval, polled_at, '2000-01-01 00:00:00+00') as time,
    (100.0 * sum(pairs_got) / sum(pairs_claimed))::numeric(9, 4) as by_pairs,
    (100 * sum(volume_got_usd) filter (where volume_claimed_usd > 0)
        / nullif(sum(volume_claimed_usd), 0))::numeric(9, 4) as by_volume
from market.v1_sweeps
where endpoint = 'markets'
    and pairs_claimed > 0
    and polled_at >= :'from'::timestamptz
    and polled_at < :'to'::timestamptz
group by 1
order by 1;

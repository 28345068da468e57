select
    polled_at as time,
    completeness_pairs_percent as by_pairs,
    completeness_volume_percent as by_volume
from market.v1_sweeps
where endpoint = 'markets'
    and completeness_pairs_percent is not null
    and polled_at >= :'from'::timestamptz
    and polled_at < :'to'::timestamptz
order by 1
limit 2000;

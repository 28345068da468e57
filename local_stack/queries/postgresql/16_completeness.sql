-- How complete were the last sweeps of all markets, by pairs and by volume?
select
    polled_at, pairs_got, pairs_claimed, completeness_pairs_percent, completeness_volume_percent
from market.v1_sweeps
where endpoint = 'markets'
    and pairs_claimed is not null
order by polled_at desc
limit 20;

select
    extract(epoch from now() - max(polled_at))::numeric(20, 1) as age_s,
    max(polled_at) as newest
from (
    select max(polled_at) as polled_at from market.v1_latest_markets
    union all
    select max(polled_at) from market.v1_latest_assets
) as newest
having max(polled_at) is not null;

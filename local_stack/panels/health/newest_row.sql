select min(age_s) as age_s
from (
    select min(age_s) as age_s from market.v1_latest_markets
    union all
    select min(age_s) from market.v1_latest_assets
) as newest
having min(age_s) is not null;

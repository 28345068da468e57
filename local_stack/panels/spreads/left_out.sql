select
    distrust as reason,
    count(*) as markets
from market.v1_latest_markets
where not trustworthy
group by 1
order by 2 desc, 1;

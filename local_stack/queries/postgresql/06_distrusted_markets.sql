-- Which markets may not price their asset, and why?
select distrust, count(*) as markets, sum(volume_usd_24hr) as volume_usd_24hr
from market.v1_latest_markets
where not trustworthy
group by distrust
order by markets desc, distrust;

select sum(volume_usd) as volume_usd
from market.v1_latest_exchanges
having count(volume_usd) > 0;

select sum(market_cap_usd) as market_cap_usd
from market.v1_latest_assets
having count(market_cap_usd) > 0;

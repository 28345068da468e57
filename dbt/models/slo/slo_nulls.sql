-- What CoinCap leaves out, in the newest row of everything.
{{ null_shares('latest_markets', ['price_usd', 'volume_usd_24hr', 'updated']) }}
union all
{{ null_shares('latest_assets', ['price_usd', 'supply', 'market_cap_usd', 'volume_usd_24hr']) }}
union all
{{ null_shares('latest_exchanges', ['volume_usd', 'trading_pairs', 'updated']) }}
union all
{{ null_shares('latest_rates', ['rate_usd']) }}

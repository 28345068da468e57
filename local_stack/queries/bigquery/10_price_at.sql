-- What did an asset cost at a given time, and how old was that price then (seconds)?
select
    period_start,
    close as price_usd,
    samples,
    timestamp_diff(timestamp(@at), period_start, second) as age_s
from marts.asset_candles_1m
where asset_id = @asset
    and period_start >= timestamp_sub(timestamp(@at), interval 7 day)
    and period_start <= timestamp(@at)
order by period_start desc
limit 1;

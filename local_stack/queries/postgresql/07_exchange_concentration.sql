-- How concentrated is trading on a few exchanges (Herfindahl-Hirschman index, 10,000 is one)?
with shares as (
    select exchange_id, 100 * volume_usd / sum(volume_usd) over () as share
    from market.v1_latest_exchanges
    where volume_usd > 0
)

select
    count(*) as exchanges,
    max(share)::numeric(7, 4) as largest_share_percent,
    sum(share * share)::numeric(9, 2) as hhi
from shares;

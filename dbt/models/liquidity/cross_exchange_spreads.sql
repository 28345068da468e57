-- Where selling an asset brings most and buying it costs least, before and after taker fees.
-- The same choice as the live spreads (coincap_jobs/sql/spreads.sql): markets are ranked by exact
-- decimals, in ten-thousandths of USD, for floats would tie prices that differ in the last digits.
with fees as (

    select * from {{ ref('exchange_fees') }}

),

standard as (

    select taker_fee_bps
    from fees
    where exchange_id = '*'

),

markets as (

    select
        latest.base_id as asset_id,
        latest.exchange_id,
        latest.quote_id,
        latest.price_usd,
        coalesce(own.taker_fee_bps, standard.taker_fee_bps) as fee_bps,
        latest.polled_at
    from {{ ref('latest_markets') }} as latest
    left join fees as own on latest.exchange_id = own.exchange_id
    cross join standard
    where latest.distrust is null and latest.price_usd > 0

),

after_fees as (

    select
        *,
        price_usd * (10000 - fee_bps) as brings,
        price_usd * (10000 + fee_bps) as costs
    from markets

),

ranked as (

    select
        *,
        count(*) over (partition by asset_id) as markets_used,
        max(polled_at) over (partition by asset_id) as as_of,
        row_number() over (partition by asset_id order by brings desc, exchange_id, quote_id)
            as dearest,
        row_number() over (partition by asset_id order by costs, exchange_id, quote_id)
            as cheapest
    from after_fees

)

select
    sell.asset_id,
    sell.exchange_id as sell_exchange_id,
    sell.quote_id as sell_quote_id,
    sell.price_usd as sell_price_usd,
    buy.exchange_id as buy_exchange_id,
    buy.quote_id as buy_quote_id,
    buy.price_usd as buy_price_usd,
    {{ basis_points('sell.price_usd', 'buy.price_usd') }} as gross_bps,
    {{ basis_points('sell.brings', 'buy.costs') }} as net_bps,
    sell.markets_used,
    sell.as_of
from ranked as sell
inner join ranked as buy on sell.asset_id = buy.asset_id and buy.cheapest = 1
where sell.dearest = 1 and sell.markets_used > 1

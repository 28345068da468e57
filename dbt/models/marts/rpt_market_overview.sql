-- What Looker Studio reads: every market now, with its asset, its exchange and its quote's rate.
with markets as (

    select * from {{ ref('latest_markets') }}

),

assets as (

    select * from {{ ref('latest_assets') }}

),

exchanges as (

    select * from {{ ref('latest_exchanges') }}

),

rates as (

    select * from {{ ref('latest_rates') }}

),

joined as (

    select
        coalesce(markets.base_id, assets.id) as asset_id,
        coalesce(assets.symbol, markets.base_symbol) as asset_symbol,
        assets.name as asset_name,
        assets.rank as asset_rank,
        markets.exchange_id,
        exchanges.name as exchange_name,
        markets.quote_id,
        markets.quote_symbol,
        markets.price_usd as market_price_usd,
        markets.price_quote as market_price_quote,
        rates.rate_usd as quote_rate_usd,
        assets.price_usd as asset_price_usd,
        markets.volume_usd_24hr as market_volume_usd_24hr,
        assets.supply as asset_supply,
        assets.max_supply as asset_max_supply,
        assets.market_cap_usd as asset_market_cap_usd,
        assets.volume_usd_24hr as asset_volume_usd_24hr,
        markets.distrust,
        markets.updated as market_updated,
        markets.polled_at as market_polled_at,
        assets.polled_at as asset_polled_at
    from markets
    full outer join assets on markets.base_id = assets.id
    left join exchanges on markets.exchange_id = exchanges.exchange_id
    left join rates on markets.quote_id = rates.id

),

numbered as (

    select
        *,
        row_number() over (
            partition by asset_id order by market_volume_usd_24hr desc, exchange_id, quote_id
        ) as of_asset,
        row_number() over (
            partition by asset_id, exchange_id order by market_volume_usd_24hr desc, quote_id
        ) as of_exchange
    from joined

)

select
    * except (of_asset, of_exchange),
    -- The asset's figures on one of its rows alone, so that a sum over rows counts them once; and
    -- on one of its rows on each exchange, for a sum over the rows of one exchange.
    case when of_asset = 1 then asset_market_cap_usd end as asset_market_cap_usd_once,
    case when of_asset = 1 then asset_supply end as asset_supply_once,
    case when of_asset = 1 then asset_volume_usd_24hr end as asset_volume_usd_24hr_once,
    case when of_exchange = 1 then asset_market_cap_usd end
        as asset_market_cap_usd_once_per_exchange,
    case when of_exchange = 1 then asset_supply end as asset_supply_once_per_exchange,
    case when of_exchange = 1 then asset_volume_usd_24hr end
        as asset_volume_usd_24hr_once_per_exchange
from numbered

-- What analysts, Grafana and the report read. A view's columns never change their meaning or
-- vanish: a change makes a v2.

create view market.v1_latest_assets as
select
    id, rank, symbol, name, price_usd, market_cap_usd, volume_usd_24hr, vwap_24hr,
    change_percent_24hr, supply, max_supply, explorer,
    envelope_at, polled_at, snapshot_id,
    extract(epoch from now() - polled_at)::numeric(20, 3) as age_s
from market.assets;

create view market.v1_latest_rates as
select
    id, symbol, currency_symbol, type, rate_usd, polled_at, snapshot_id,
    extract(epoch from now() - polled_at)::numeric(20, 3) as age_s
from market.rates;

create view market.v1_latest_exchanges as
select
    e.exchange_id, e.name, e.rank, e.percent_total_volume, e.volume_usd, e.trading_pairs,
    e.socket, e.exchange_url, e.updated, e.polled_at, e.snapshot_id,
    extract(epoch from now() - e.polled_at)::numeric(20, 3) as age_s,
    extract(epoch from e.polled_at - e.updated)::numeric(20, 3) as staleness_s,
    coalesce(m.pairs, 0) as pairs_stored
from market.exchanges as e
left join (
    select exchange_id, count(*) as pairs from market.markets group by exchange_id
) as m on m.exchange_id = e.exchange_id;

create view market.v1_latest_markets as
select
    exchange_id, base_id, quote_id, base_symbol, quote_symbol, rank, price_quote, price_usd,
    volume_usd_24hr, percent_exchange_volume, trades_count_24hr, updated, polled_at, snapshot_id,
    extract(epoch from now() - polled_at)::numeric(20, 3) as age_s,
    extract(epoch from polled_at - updated)::numeric(20, 3) as staleness_s,
    distrust is null as trustworthy,
    distrust
from market.markets;

create view market.v1_candles as
select
    asset_id, minute_start, open, high, low, close, vwap, samples, market_samples,
    extract(epoch from now() - minute_start)::numeric(20, 3) as age_s
from market.asset_candles_1m;

create view market.v1_market_candles as
select
    exchange_id, base_id, quote_id, minute_start, open, high, low, close, vwap, samples,
    trusted_samples, trusted_samples = samples as trustworthy,
    extract(epoch from now() - minute_start)::numeric(20, 3) as age_s
from market.market_candles_1m;

create view market.v1_spreads as
select
    *, extract(epoch from now() - as_of)::numeric(20, 3) as age_s
from market.spreads;

create view market.v1_polls as
select * from market.polls where kind = 'page';

create view market.v1_sweeps as
select
    *,
    case when pairs_claimed > 0 then round(100.0 * pairs_got / pairs_claimed, 4) end
        as completeness_pairs_percent,
    case when volume_claimed_usd > 0 then round(100 * volume_got_usd / volume_claimed_usd, 4) end
        as completeness_volume_percent
from market.polls where kind = 'sweep';

create view market.v1_dead_letters as
select
    dead_letter_id, source, source_topic, source_partition, source_offset, endpoint, snapshot_id,
    polled_at, reason, field, key, left(raw, 2000) as raw_start, raw_bytes, raw_sha_256,
    raw_location, status, recorded_at, replayed_at
from market.dead_letters;

create view market.v1_alerts as
select * from market.alerts;

create view market.v1_stream_health as
select
    query, max(finished_at) as last_batch_at,
    sum(messages) as messages,
    max(newest_polled_at) as newest_polled_at,
    extract(epoch from now() - max(newest_polled_at))::numeric(20, 3) as behind_s,
    percentile_cont(0.5) within group (order by merge_ms) as merge_ms_p50,
    percentile_cont(0.99) within group (order by merge_ms) as merge_ms_p99
from market.stream_progress
where finished_at > now() - interval '15 minutes'
group by query;

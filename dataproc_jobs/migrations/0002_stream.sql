-- What the stream job keeps beside the latest rows: samples, candles, its ledger.

-- A market's sample is one reported trade time of one market; its value is that of the first
-- poll that saw it. Only a window of samples is kept (24 hours by default).
create table market.market_ticks (
    base_id text not null,
    exchange_id text not null,
    quote_id text not null,
    sampled_at timestamptz not null,
    price numeric(38, 18) not null,
    weight numeric(20, 0) not null,
    distrust text,
    polled_at timestamptz not null,
    snapshot_id text not null,
    value_md5 uuid not null,
    primary key (base_id, exchange_id, quote_id, sampled_at)
) partition by range (sampled_at);
comment on table market.market_ticks is
'Samples of markets inside the window. Grain: one row per market and reported trade time.';
comment on column market.market_ticks.weight is 'volumeUsd24Hr in whole USD, 0 where it is null.';
comment on column market.market_ticks.distrust is 'Why the sample may not price an asset; null: it may.';

create table market.asset_ticks (
    asset_id text not null,
    sampled_at timestamptz not null,
    price numeric(38, 18) not null,
    polled_at timestamptz not null,
    snapshot_id text not null,
    value_md5 uuid not null,
    primary key (asset_id, sampled_at)
) partition by range (sampled_at);
comment on table market.asset_ticks is
'Samples of assets inside the window. Grain: one row per asset and envelope time.';

create table market.market_candles_1m (
    exchange_id text not null,
    base_id text not null,
    quote_id text not null,
    minute_start timestamptz not null,
    open numeric(38, 18) not null,
    high numeric(38, 18) not null,
    low numeric(38, 18) not null,
    close numeric(38, 18) not null,
    vwap numeric(38, 18),
    samples bigint not null,
    first_sampled_at timestamptz not null,
    last_sampled_at timestamptz not null,
    price_weight_sum numeric not null,
    weight_sum numeric not null,
    trusted_samples bigint not null,
    trusted_price_weight_sum numeric not null,
    trusted_weight_sum numeric not null,
    primary key (base_id, exchange_id, quote_id, minute_start)
) partition by range (minute_start);
comment on table market.market_candles_1m is
'Candles of one market in USD. Grain: one row per market and minute with at least one sample.';
comment on column market.market_candles_1m.trusted_weight_sum is
'The part of weight_sum that may price the asset.';

create table market.asset_candles_1m (
    asset_id text not null,
    minute_start timestamptz not null,
    open numeric(38, 18) not null,
    high numeric(38, 18) not null,
    low numeric(38, 18) not null,
    close numeric(38, 18) not null,
    vwap numeric(38, 18),
    samples bigint not null,
    first_sampled_at timestamptz not null,
    last_sampled_at timestamptz not null,
    price_weight_sum numeric not null,
    weight_sum numeric not null,
    market_samples bigint not null,
    primary key (asset_id, minute_start)
) partition by range (minute_start);
comment on table market.asset_candles_1m is
'Candles of one asset in USD: open, high, low, close of CoinCap''s own price, vwap over the trustworthy market samples of that minute. Grain: one row per asset and minute with at least one asset sample.';

create table market.candle_rebuilds (
    candle_table text not null,
    base_id text not null,
    exchange_id text not null default '',
    quote_id text not null default '',
    minute_start timestamptz not null,
    queued_at timestamptz not null default now(),
    done_at timestamptz,
    primary key (candle_table, base_id, exchange_id, quote_id, minute_start)
);
comment on table market.candle_rebuilds is
'Minutes whose sample arrived after the window; the batch rebuilds them from silver.';

create table market.stream_offsets (
    topic_id text not null,
    topic text not null,
    partition_id integer not null,
    next_offset bigint not null,
    updated_at timestamptz not null default now(),
    primary key (topic_id, partition_id)
);
comment on table market.stream_offsets is
'The ledger: every message before next_offset is in the tables, advanced in the transaction that put it there.';

create table market.stream_watermarks (
    topic text primary key,
    newest_polled_at timestamptz not null
);
comment on table market.stream_watermarks is
'The newest polled_at seen per topic; the window of samples is measured from it.';

create table market.stream_owner (
    only_row boolean primary key default true check (only_row),
    epoch bigint not null default 0,
    owner text,
    started_at timestamptz
);
insert into market.stream_owner default values;
comment on table market.stream_owner is
'The driver that may merge: each start raises the epoch, and a merge under an older one is refused.';

create table market.stream_progress (
    query text not null,
    batch_id bigint not null,
    epoch bigint not null,
    started_at timestamptz not null,
    finished_at timestamptz not null default now(),
    messages bigint not null,
    new_samples bigint not null default 0,
    stale_polls bigint not null default 0,
    dead_letters bigint not null default 0,
    newest_polled_at timestamptz,
    read_ms numeric(12, 1),
    merge_ms numeric(12, 1),
    end_offsets jsonb not null default '{}',
    primary key (query, epoch, batch_id)
);
create index on market.stream_progress (finished_at);
comment on table market.stream_progress is
'One row per micro-batch: how much, how late, how long. stale_polls counts polls that repeated a known sample.';

create table market.spreads (
    base_id text primary key,
    bid_exchange_id text not null,
    bid_quote_id text not null,
    bid_price_usd numeric(38, 18) not null,
    bid_fee_bps numeric not null,
    ask_exchange_id text not null,
    ask_quote_id text not null,
    ask_price_usd numeric(38, 18) not null,
    ask_fee_bps numeric not null,
    gross_bps numeric(20, 4) not null,
    net_bps numeric(20, 4) not null,
    markets_used bigint not null,
    left_out jsonb not null default '{}',
    as_of timestamptz not null
);
comment on table market.spreads is
'Best place to sell and to buy one asset among its trustworthy markets. Grain: one row per asset with at least two of them.';
comment on column market.spreads.net_bps is 'Gain of buying at the ask and selling at the bid after both taker fees. Unit: basis points.';
comment on column market.spreads.left_out is 'How many of the asset''s markets were left out, by reason.';

create table market.exchange_fees (
    exchange_id text primary key,
    taker_fee_bps numeric not null
);
comment on table market.exchange_fees is 'Taker fees; * is the default. Loaded from seeds/exchange_fees.csv.';

-- Creates the daily partition of a day where it is missing. Called by the writer, once per new day.
create function market.ensure_partition(parent text, day date) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
    child text := parent || '_' || to_char(day, 'YYYYMMDD');
begin
    if to_regclass('market.' || quote_ident(child)) is null then
        execute format(
            'create table market.%I partition of market.%I for values from (%L) to (%L)',
            child, parent, day || ' 00:00+00', (day + 1) || ' 00:00+00'
        );
    end if;
end $$;

-- Drops whole daily partitions that end before the given time; returns their names.
create function market.drop_partitions_before(parent text, before timestamptz) returns setof text
language plpgsql security definer set search_path = pg_catalog as $$
declare
    child record;
begin
    for child in
        select c.relname from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        join pg_class p on p.oid = i.inhparent
        join pg_namespace n on n.oid = p.relnamespace
        where n.nspname = 'market' and p.relname = parent
            and to_date(right(c.relname, 8), 'YYYYMMDD') + 1 <= (before at time zone 'UTC')::date
    loop
        execute format('drop table market.%I', child.relname);
        return next child.relname;
    end loop;
end $$;

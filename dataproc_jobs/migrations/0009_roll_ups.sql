-- Candles by the hour, for ranges over which minutes would be too many to read. The batch makes
-- them of the lake's, so they hold CoinCap's own history too, where it was backfilled.

create table market.asset_candles_1h (
    asset_id text not null,
    hour_start timestamptz not null,
    open numeric(38, 18) not null,
    high numeric(38, 18) not null,
    low numeric(38, 18) not null,
    close numeric(38, 18) not null,
    vwap numeric(38, 18),
    samples bigint not null,
    minutes_sampled bigint not null,
    source text not null,
    price_weight_sum numeric not null,
    weight_sum numeric not null,
    market_samples bigint not null,
    primary key (asset_id, hour_start)
);
create index on market.asset_candles_1h using brin (hour_start);
comment on table market.asset_candles_1h is
'Candles of one asset in USD by the hour, from the lake. Grain: one row per asset and hour with at least one asset sample.';
comment on column market.asset_candles_1h.source is
'markets: our own polls; history: CoinCap''s hourly history, in hours that we have not polled.';

create table market.market_candles_1h (
    exchange_id text not null,
    base_id text not null,
    quote_id text not null,
    hour_start timestamptz not null,
    open numeric(38, 18) not null,
    high numeric(38, 18) not null,
    low numeric(38, 18) not null,
    close numeric(38, 18) not null,
    vwap numeric(38, 18),
    samples bigint not null,
    minutes_sampled bigint not null,
    price_weight_sum numeric not null,
    weight_sum numeric not null,
    trusted_samples bigint not null,
    primary key (base_id, exchange_id, quote_id, hour_start)
);
create index on market.market_candles_1h using brin (hour_start);
comment on table market.market_candles_1h is
'Candles of one market in USD by the hour, from the lake. Grain: one row per market and hour with at least one sample.';

create table market.roll_ups (
    candle_table text primary key,
    reached timestamptz not null,
    mark jsonb not null,
    rolled_up_at timestamptz not null default now()
);
comment on table market.roll_ups is
'How far the candles by the hour are. It stands here and not in the lake, so that a database restored from an earlier copy says what that copy holds. Grain: one row per table.';
comment on column market.roll_ups.reached is 'Hours before it are rolled up; from it on only minutes are whole.';
comment on column market.roll_ups.mark is 'The version of the lake''s table that was read.';

-- A bucket of an hour or more is made of hours as far as they are rolled up, of minutes after
-- that; a shorter one of minutes alone. Written so that PostgreSQL puts the function's text into
-- the query that calls it, and reads by its keys.
create function market.v1_candles_for(
    assets text [], start timestamptz, stop timestamptz, bucket interval
) returns table (
    asset_id text, period_start timestamptz,
    open numeric, high numeric, low numeric, close numeric,
    price_weight_sum numeric, weight_sum numeric, samples bigint, market_samples bigint
)
language sql stable as $$
    select
        c.asset_id, c.minute_start, c.open, c.high, c.low, c.close,
        c.price_weight_sum, c.weight_sum, c.samples, c.market_samples
    from market.asset_candles_1m as c
    where c.asset_id = any(assets)
        and c.minute_start >= start and c.minute_start < stop
        and c.minute_start >= case
            when bucket >= interval '1 hour' then coalesce(
                (select r.reached from market.roll_ups as r where r.candle_table = 'asset_candles_1h'),
                start
            )
            else start
        end
    union all
    select
        c.asset_id, c.hour_start, c.open, c.high, c.low, c.close,
        c.price_weight_sum, c.weight_sum, c.samples, c.market_samples
    from market.asset_candles_1h as c
    where c.asset_id = any(assets)
        and c.hour_start >= start and c.hour_start < stop
        and bucket >= interval '1 hour'
        and c.hour_start < (
            select r.reached from market.roll_ups as r where r.candle_table = 'asset_candles_1h'
        )
$$;
comment on function market.v1_candles_for is
'Candles of assets from start to stop (exclusive), by the minute or the hour as the width of the buckets they are put into allows.';

create function market.v1_market_candles_for(
    exchange text, base text, quote text,
    start timestamptz, stop timestamptz, bucket interval
) returns table (
    period_start timestamptz,
    open numeric, high numeric, low numeric, close numeric,
    price_weight_sum numeric, weight_sum numeric, samples bigint, trusted_samples bigint
)
language sql stable as $$
    select
        c.minute_start, c.open, c.high, c.low, c.close,
        c.price_weight_sum, c.weight_sum, c.samples, c.trusted_samples
    from market.market_candles_1m as c
    where c.base_id = base and c.exchange_id = exchange and c.quote_id = quote
        and c.minute_start >= start and c.minute_start < stop
        and c.minute_start >= case
            when bucket >= interval '1 hour' then coalesce(
                (select r.reached from market.roll_ups as r where r.candle_table = 'market_candles_1h'),
                start
            )
            else start
        end
    union all
    select
        c.hour_start, c.open, c.high, c.low, c.close,
        c.price_weight_sum, c.weight_sum, c.samples, c.trusted_samples
    from market.market_candles_1h as c
    where c.base_id = base and c.exchange_id = exchange and c.quote_id = quote
        and c.hour_start >= start and c.hour_start < stop
        and bucket >= interval '1 hour'
        and c.hour_start < (
            select r.reached from market.roll_ups as r where r.candle_table = 'market_candles_1h'
        )
$$;
comment on function market.v1_market_candles_for is
'Candles of one market from start to stop (exclusive), by the minute or the hour as the width of the buckets they are put into allows.';

drop function market.drop_expired(interval, interval, interval);
create function market.drop_expired(
    samples_kept interval default '2 days',
    candles_kept interval default '90 days',
    progress_kept interval default '7 days',
    hours_kept interval default '400 days'
) returns table (what text, dropped bigint)
language plpgsql set search_path = pg_catalog as $$
declare
    kind record;
    newest timestamptz;
    remembered interval;
begin
    select coalesce(tick_window, '24 hours') into remembered from market.stream_owner;
    for kind in values ('market', 'coincap.markets'), ('asset', 'coincap.assets') loop
        select least(newest_polled_at, now()) into newest
        from market.stream_watermarks where topic = kind.column2;
        what := kind.column1 || '_ticks';
        select count(*) into dropped from market.drop_partitions_before(
            what, newest - greatest(samples_kept, remembered)
        );
        return next;
        what := kind.column1 || '_candles_1m';
        select count(*) into dropped from market.drop_partitions_before(
            what, newest - greatest(candles_kept, samples_kept, remembered)
        );
        return next;
        what := kind.column1 || '_candles_1h';
        execute format('delete from market.%I where hour_start < $1', what)
        using newest - greatest(hours_kept, candles_kept);
        get diagnostics dropped = row_count;
        return next;
    end loop;
    what := 'stream_progress';
    delete from market.stream_progress where finished_at < now() - progress_kept;
    get diagnostics dropped = row_count;
    return next;
end $$;

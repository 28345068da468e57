-- What operators look at and do: how far each query is behind, what was rewound, which dead
-- letters came back, and the end of what nobody needs any more.

alter table market.stream_progress
add column batch_ms numeric(12, 1),
add column rows_per_s numeric(14, 1),
add column lag_offsets bigint,
add column lag_s numeric(14, 1);
comment on column market.stream_progress.batch_ms is 'From the start of the batch to the end of its merge. Unit: ms.';
comment on column market.stream_progress.lag_offsets is 'Messages in Kafka that the query had not done, when measured after this batch; null: not measured.';
comment on column market.stream_progress.lag_s is 'The largest lag_s of the query''s topics then. Unit: s.';

create table market.stream_lag (
    query text not null,
    topic text not null,
    measured_at timestamptz not null,
    lag_offsets bigint not null,
    lag_s numeric(14, 1),
    newest_polled_at timestamptz,
    caught_up_at timestamptz,
    rows_per_s numeric(14, 1),
    primary key (query, topic)
) with (fillfactor = 50);
comment on table market.stream_lag is
'How far each query is behind, now. The running driver measures every few seconds, so measured_at is its heartbeat. Grain: one row per query and topic.';
comment on column market.stream_lag.lag_s is
'0 when the query has done all; else the age of the newest event it has done, or the time since it had done all, whichever is less; null: neither is known. Unit: s.';
comment on column market.stream_lag.caught_up_at is 'When the query was last seen to have done all of the topic.';

alter table market.stream_owner add column tick_window interval;
comment on column market.stream_owner.tick_window is 'How long the last driver remembered samples; their partitions must live longer.';

create table market.stream_rewinds (
    rewound_at timestamptz not null default now(),
    rewound_by text not null default current_user,
    topic_id text not null,
    topic text not null,
    partition_id integer not null,
    from_offset bigint not null,
    to_offset bigint not null,
    accepted_gap boolean not null
);
comment on table market.stream_rewinds is
'Every change of the ledger by hand. Where the gap was accepted, messages before to_offset that Kafka no longer has may be missing in the tables and in bronze.';

create table market.dead_letter_replays (
    dead_letter_id text primary key,
    replayed_at timestamptz not null default now(),
    settled boolean not null default false
);
create index on market.dead_letter_replays (dead_letter_id) where not settled;
create unlogged table staging.dead_letter_replays (dead_letter_id text);
comment on table market.dead_letter_replays is
'Dead letters whose message came again and was accepted; kept apart because it may come before the letter itself.';
comment on column market.dead_letter_replays.settled is 'Whether the letter is there too and marked as replayed.';

create view market.v1_stream_lag as
select
    query, topic, lag_offsets, lag_s, newest_polled_at, rows_per_s, measured_at,
    extract(epoch from now() - measured_at)::numeric(20, 3) as age_s
from market.stream_lag;

-- Drops and deletes what is past its time; returns what and how much. Time is measured from the
-- newest poll of each topic and not from the clock, so that a replay of old data keeps its own.
-- Samples are kept at least as long as the last driver remembered them: a forgotten sample that
-- is polled again would be counted twice.
create function market.drop_expired(
    samples_kept interval default '2 days',
    candles_kept interval default '90 days',
    progress_kept interval default '7 days'
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
    end loop;
    what := 'stream_progress';
    delete from market.stream_progress where finished_at < now() - progress_kept;
    get diagnostics dropped = row_count;
    return next;
end $$;

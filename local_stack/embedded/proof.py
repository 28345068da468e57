"""The check behind the exit code: published = stored ∪ dead-lettered, and nothing twice.

It shares no code with the jobs. What was published is what Kafka holds (every offset, read
from bronze after counting that none is missing there); what should be stored is worked out
again in DuckDB from the raw messages and compared with PostgreSQL and silver.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import psycopg

from coincap.contract import record_type
from coincap.topics import topics
from embedded.lag import end_offsets
from embedded.proof_sources import load, view

LATEST = ("asset", "rate", "exchange", "market")


@dataclass
class TopicProof:
    """One topic's balance, all in messages: distinct by key, snapshot and text."""

    topic: str
    published: int
    stored: int
    dead_lettered: int
    missing: int
    duplicates: int
    wrong: int

    @property
    def holds(self) -> bool:
        """Whether nothing is missing, doubled or wrong."""
        return not (self.missing or self.duplicates or self.wrong)


def prove(dsn: str, bootstrap: str, lake: Path) -> list[TopicProof]:
    """Return the balance of every topic that the stream job reads.

    ``missing``: offsets of Kafka that bronze lacks, messages neither in silver nor in the dead
    letters, keys without a latest row. ``duplicates``: offsets or identities held twice, and
    messages in both places. ``wrong``: latest rows that are not the newest message of their
    key, judged from the raw text.
    """
    with duckdb.connect() as db, psycopg.connect(dsn) as serving:
        db.execute("set timezone = 'UTC'")
        view(db, "bronze", lake / "bronze")
        db.execute(
            'create table messages as select topic, partition, "offset", '
            "coalesce(key, '') as key, headers['snapshot_id'] as snapshot_id, "
            "headers['polled_at'] as polled_at, md5(value) as md5, "
            "case when octet_length(value) < 1000000 then decode(value) end as text from bronze"
        )
        load(
            db,
            serving,
            "refused",
            "dead_letters",
            "source, source_topic, source_partition, source_offset, dead_letter_id, raw_sha_256",
        )
        ends = end_offsets(bootstrap)
        return [
            _prove(db, serving, topic.name, topic.record, ends[topic.name], lake)
            for topic in topics().values()
            if topic.route == "to_kafka"
        ]


def _prove(db, serving, topic: str, record_name: str, ends: dict[int, int], lake: Path):
    record = record_type(record_name)
    mine = "select * from messages where topic = $topic"
    at = {"topic": topic}
    rows, offsets, identities = db.execute(
        f'select count(*), count(distinct (partition, "offset")), '
        f"count(distinct (key, snapshot_id, md5)) from ({mine})",
        at,
    ).fetchone()
    missing = sum(ends.values()) - offsets
    duplicates = rows - offsets
    view(db, "silver", lake / "silver" / record.table)
    total, stored, lost, both = db.execute(
        f"""
        with sent as (select distinct key, snapshot_id, md5 from ({mine})),
        dead as (
            select distinct m.key, m.snapshot_id, m.md5 from ({mine}) as m
            join refused as r on r.source = 'stream' and r.source_topic = m.topic
                and r.source_partition = m.partition and r.source_offset = m."offset"
        ),
        kept as (
            select coalesce(message_key, '') as key, snapshot_id, value_md5 as md5
            from silver where topic = $topic
        )
        select
            (select count(*) from kept),
            (select count(*) from (select distinct * from kept)),
            (select count(*) from (select * from sent except select * from kept
                except select * from dead)),
            (select count(*) from (select * from kept intersect select * from dead))
        """,
        at,
    ).fetchone()
    wrong, unserved = _latest(db, serving, record, mine, at) if record.name in LATEST else (0, 0)
    return TopicProof(
        topic,
        identities,
        stored,
        identities - stored - lost + both,
        missing + lost + unserved,
        duplicates + total - stored + both,
        wrong,
    )


def _latest(db, serving, record, mine: str, at: dict) -> tuple[int, int]:
    """Compare the latest rows with the newest accepted message of each key."""
    columns = ", ".join(record.key_columns)
    load(db, serving, "latest", record.table, f"{columns}, snapshot_id, value_md5::text")
    event_time = {"market": "updated", "exchange": "updated"}.get(record.name)
    order = f"coalesce((text::json ->> '{event_time}')::bigint, 0)" if event_time else "0"
    keys = ", ".join(
        f"text::json ->> '{name}' as {c}"
        for name, c in zip(record.key, record.key_columns, strict=True)
    )
    return db.execute(
        f"""
        with accepted as (
            select m.* from ({mine}) as m anti join refused as r
                on r.source = 'stream' and r.source_topic = m.topic
                and r.source_partition = m.partition and r.source_offset = m."offset"
        ),
        newest as (
            select {keys}, snapshot_id, md5 from accepted
            qualify row_number() over (
                partition by key order by {order} desc, polled_at desc, snapshot_id desc, md5 desc
            ) = 1
        )
        select
            count(*) filter (where l.md5 is not null and l.md5 <> n.md5),
            count(*) filter (where l.md5 is null) + (
                select count(*) from latest anti join newest using ({columns})
            )
        from newest as n left join latest as l using ({columns})
        """,
        at,
    ).fetchone()


def as_json(proofs: list[TopicProof]) -> list[dict]:
    """Return the balances for summary.json."""
    return [asdict(proof) for proof in proofs]

"""Places inside the stream job where a fault can strike, and sinks that are broken on purpose.

A fault writes ``{"at": place, "do": "kill"}`` into the file that COINCAP_CHAOS_HOOK names; the
next time the job comes by, it takes the file away and does it. Without the file nothing
changes. COINCAP_CHAOS_BREAK names a broken sink, for the test that the checker sees it.
While the file with the suffix ``.strict`` is there, messages with the word STRICT are refused.
"""

import json
import os
import signal
import time
from pathlib import Path

from coincap_jobs import archive, decoding, kafka_source, ledger, plain, progress, serve, staging

STRICT = "chaosLater"


def install() -> None:
    """Put the places and, where asked for, the broken sink into the job."""
    file = Path(os.environ["COINCAP_CHAOS_HOOK"])
    places(file)
    strict(file.with_suffix(".strict"))
    if name := os.environ.get("COINCAP_CHAOS_BREAK"):
        BROKEN[name]()
    small = os.environ.get("COINCAP_CHAOS_SMALL_BATCH", decoding.SMALL_BATCH)
    decoding.SMALL_BATCH = int(small)
    if os.environ.get("COINCAP_CHAOS_STRAGGLE"):
        straggle(float(os.environ["COINCAP_CHAOS_STRAGGLE"]))


def replace(module, name: str, value) -> None:
    """Put something in the place of what the job calls; raises AttributeError where it is not."""
    getattr(module, name)
    setattr(module, name, value)


def places(file: Path) -> None:
    """Announce each step of a batch to ``file``'s fault."""

    def here(place: str) -> None:
        try:
            wanted = json.loads(file.read_text())
        except (OSError, ValueError):
            return
        if wanted["at"] != place:
            return
        file.unlink()
        print(f"chaos: {wanted['do']} at {place}", flush=True)
        if wanted["do"] == "kill":
            os.killpg(os.getpgid(0), signal.SIGKILL)
        time.sleep(float(wanted["do"]))

    merge, record, append = serve.Serve._merge, progress.record, archive.Archive._record

    def hooked_merge(self, *arguments):
        here("before_write")
        done = merge(self, *arguments)
        here("after_commit")
        return done

    def hooked_record(cursor, query, *arguments):
        record(cursor, query, *arguments)
        if query == "serve":
            here("before_commit")

    def hooked_append(self, *arguments):
        here("after_append")
        append(self, *arguments)

    replace(serve.Serve, "_merge", hooked_merge)
    replace(progress, "record", hooked_record)
    replace(archive.Archive, "_record", hooked_append)


def strict(file: Path) -> None:
    """Refuse messages with the word STRICT while ``file`` is there, as a narrower contract."""
    usual = plain.columns

    def narrower(record, text, known):
        if STRICT in text and file.exists():
            raise plain.Refused("wrong_type", "rank")
        return usual(record, text, known)

    replace(plain, "columns", narrower)


def straggle(seconds: float) -> None:
    """Make the first attempt of each batch's first task wait with its tables committed."""
    write = decoding._write

    def slowed(dsn, prefix, seen, batches):
        from pyspark import TaskContext

        done, task = list(write(dsn, prefix, seen, batches)), TaskContext.get()
        if task.partitionId() == 0 and task.attemptNumber() == 0:
            time.sleep(seconds)
        yield from done

    replace(decoding, "_write", slowed)


def _ledger_skipped() -> None:
    """The batch does not ask what the tables already have."""
    usual, asked = ledger.read, []

    def read(*arguments):
        # A driver's start reads what there is: without, it would refuse its own checkpoint.
        asked.append(arguments)
        return usual(*arguments) if len(asked) == 1 else {}

    replace(ledger, "read", read)

    def advance(cursor, topic_ids, seen, end):
        for topic, partitions in end.items():
            for partition, offset in partitions.items():
                cursor.execute(
                    "insert into market.stream_offsets values (%s, %s, %s, %s) on conflict "
                    "(topic_id, partition_id) do update set next_offset = excluded.next_offset",
                    [topic_ids[topic], topic, partition, offset],
                )

    replace(ledger, "advance", advance)


def _bronze_not_asked() -> None:
    """The archive starts from the checkpoint and never looks at what bronze has."""
    replace(archive, "pending", lambda _, end: dict.fromkeys(end, 1))
    replace(kafka_source, "admit", lambda batch, _: batch)


def _staging_kept() -> None:
    """Staging still holds the batch before when the next one is merged."""
    copy, before = staging.temporary_tables, []

    def kept(cursor, rows):
        both = [*before, *rows]
        before[:] = rows
        return copy(cursor, both)

    replace(staging, "temporary_tables", kept)


def _row_dropped() -> None:
    """One staged row of a batch is forgotten."""
    copy = staging.temporary_tables
    replace(staging, "temporary_tables", lambda cursor, rows: copy(cursor, rows[:-1]))


BROKEN = {
    "ledger_skipped": _ledger_skipped,
    "bronze_not_asked": _bronze_not_asked,
    "staging_kept": _staging_kept,
    "row_dropped": _row_dropped,
}

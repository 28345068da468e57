"""Dead letters, poll facts, and the job's own counters."""

import hashlib

import psycopg

from chaos.check.log import Message
from chaos.check.offline import Expected
from chaos.check.serving import rows
from chaos.check.values import column, same
from chaos.check.verdict import Verdict


def check_accounts(
    db: psycopg.Connection, messages: list[Message], outbox: list[Message], expected: Expected
) -> Verdict:
    """Compare dead letters, poll facts, the outbox, the ledger and the progress counters."""
    verdict = Verdict()
    letters = list(rows(db, "dead_letters"))
    _facts(letters, "dead_letters", ("dead_letter_id",), "function", expected, verdict)
    fact_key = ("snapshot_id", "kind", "page", "attempt")
    _facts(list(rows(db, "polls")), "polls", fact_key, None, expected, verdict)
    refused = [row for row, _ in letters if row["source"] == "stream"]
    _refusals(refused, expected, verdict)
    came_again = {row["dead_letter_id"] for row, _ in letters if row["status"] == "replayed"}
    verdict.compare("letter marked as replayed", expected.replayed, came_again)
    ids = {row["dead_letter_id"] for row in refused}
    verdict.compare("letter in the outbox topic", ids, {m.key for m in outbox})
    _in_neither_twice(db, expected, verdict)
    _counters(db, messages, letters, expected, verdict)
    return verdict


def _facts(held: list, table: str, identity, source, expected: Expected, verdict) -> None:
    """Facts are stored once, as any one of their copies says."""
    wanted = expected.facts[table]
    mine = [(r, c) for r, c in held if source is None or r["source"] == source]
    found = {tuple(row[name] for name in identity): (row, codes) for row, codes in mine}
    verdict.compare(table, set(wanted), set(found))
    for key in wanted.keys() & found.keys():
        row, codes = found[key]
        right = any(_is_copy(row, codes, message.row) for message in wanted[key])
        verdict.add("wrong", not right, f"{table} {key}")


def _is_copy(row: dict, codes: dict, content: dict) -> bool:
    named = {column(name): value for name, value in content.items()}
    return all(same(row[name], value, codes[name]) for name, value in named.items() if name in row)


def _refusals(held: list[dict], expected: Expected, verdict: Verdict) -> None:
    """One letter per refused message, at the place of one of its copies, with its reason."""
    places = {}
    for identity, copies in expected.refused.items():
        for copy in copies:
            places[copy.topic, copy.partition, copy.offset] = identity
    seen: set[tuple] = set()
    for row in held:
        place = (row["source_topic"], row["source_partition"], row["source_offset"])
        identity = places.get(place)
        if identity is None:
            verdict.add("wrong", 1, f"dead letter of a good message at {place}")
            continue
        verdict.add("duplicated", identity in seen, f"dead letter {identity}")
        seen.add(identity)
        message = expected.refused[identity][0]
        reason, _, name = message.refusal.partition("|")
        whole = hashlib.sha256(message.value).hexdigest()
        stored = (row["reason"], row["field"] or "", row["raw_bytes"], row["raw_sha_256"])
        right = stored == (reason, name, len(message.value), whole)
        verdict.add("wrong", not right, f"dead letter {identity}: {stored[:2]}")
    verdict.compare("dead letter", set(expected.refused), seen)


def _in_neither_twice(db: psycopg.Connection, expected: Expected, verdict: Verdict) -> None:
    """A refused message's value is in no table of rows."""
    refused = [identity[3] for identity in expected.refused]
    good = {identity[3] for identity in expected.accepted}
    wanted = [md5 for md5 in refused if md5 not in good]
    for table in ("assets", "rates", "exchanges", "markets", "market_ticks", "asset_ticks"):
        query = f"select count(*) from market.{table} where value_md5 = any(%s::uuid[])"
        (both,) = db.execute(query, [wanted]).fetchone()
        verdict.add("duplicated", both, f"refused messages that stand in {table}")


def _counters(db, messages, letters, expected: Expected, verdict: Verdict) -> None:
    """The counters are written with the rows, so they must agree to the message."""
    wanted = {}
    for message in messages:
        place = (message.topic, message.partition)
        wanted[place] = max(wanted.get(place, 0), message.offset + 1)
    ledger = db.execute("select topic, partition_id, next_offset from market.stream_offsets")
    held = {(topic, number): offset for topic, number, offset in ledger if offset}
    verdict.compare("ledger", set(wanted.items()), set(held.items()))
    query = (
        "select sum(messages), sum(new_samples + stale_polls), sum(dead_letters) "
        "from market.stream_progress where query = 'serve'"
    )
    counted = [int(n or 0) for n in db.execute(query).fetchone()]
    right = [len(messages), expected.sampled_messages, len(letters)]
    for name, got, due in zip(("messages", "polls", "letters"), counted, right, strict=True):
        verdict.add("duplicated", got - due, f"the batches count {got} {name} of {due}")
        verdict.add("lost", due - got, f"the batches count {got} {name} of {due}")

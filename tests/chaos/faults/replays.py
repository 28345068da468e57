"""Ticks and dead letters are published again."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from chaos.check.log import read
from chaos.load import Recording
from chaos.messages import publish, refused_for_now
from chaos.registry import fault
from coincap.check import Refused
from ingest import rows
from ingest.lake import open_lake
from ingest.publish import open_publisher
from ingest.redeliver import Selection, replay


@fault("ticks are published again, and again; so are dead letters of both sources",
       "none is needed")  # fmt: skip
def replay_twice(point):
    """Letters are made by a contract that was narrower than it is when they are replayed."""
    load = point.deployment.load
    with _narrower_functions():
        load.poll(1)
    sent = _refused_by_the_stream(point)
    ticks = [load.next_tick() for _ in range(3)]
    for tick in ticks:
        load.finish(*tick)
    point.settle()
    replays, redeliveries = [], []
    for _ in range(2):
        _forget_done(load.settings.lake, ticks)
        with ThreadPoolExecutor(1) as beside:
            redelivery = beside.submit(point.deployment.redeliver)
            for tick in point.rng.sample(ticks, 3):
                load.finish(*tick)
            publisher = Recording(open_publisher(load.settings), load.acknowledged)
            replays.append(replay(Selection(), open_lake(load.settings.lake), publisher))
            publisher.close()
            redeliveries.append(redelivery.result())
    point.lifted()
    first, second = replays
    if not first["published"] or (second["published"], second["replayed_before"]) != (
        0,
        first["published"] + first["replayed_before"],
    ):
        raise RuntimeError(f"the function's letters are not replayed once: {first} {second}")
    if redeliveries != [sent, 0]:
        raise RuntimeError(f"{sent} letters of the stream are not redelivered once: {redeliveries}")
    point.notes.append(f"{first['published']} of the function's, {sent} of the stream's")


@contextmanager
def _narrower_functions() -> Iterator[None]:
    """Refuse every fifth row for a while, which the contract accepts."""
    usual = rows.check_rows

    def narrower(record, given, polled_at_ms):
        checked = usual(record, given, polled_at_ms)
        for place, row in checked.accepted[::5]:
            key = record.message_key(row)
            checked.refused.append(Refused(place, "out_of_range", "rank", key))
        del checked.accepted[::5]
        return checked

    rows.check_rows = narrower
    try:
        yield
    finally:
        rows.check_rows = usual


def _refused_by_the_stream(point) -> int:
    """Send rows that the job refuses for now; return how many letters it has made of them."""
    deployment, strict = point.deployment, point.deployment.job.hook.with_suffix(".strict")
    held = [m for m in read(deployment.bootstrap, ("coincap.markets",)) if not m.refusal]
    moment = deployment.load.now - timedelta(seconds=30)
    made = [
        refused_for_now(m, moment, n)
        for n, m in enumerate(point.rng.sample(held, 20), 1000 * deployment.points)
    ]
    strict.touch()
    publish(deployment.bootstrap, made, deployment.acknowledged)
    # Not only served: the letters' messages are read from bronze.
    point.settle()
    strict.unlink()
    return len(made)


def _forget_done(lake: str, ticks: list) -> None:
    """Leave ticks as a worker does that died when all was published, before it said so."""
    names = {f"{when:%Y%m%dT%H%M%SZ}" for when, _ in ticks}
    for file in (f for f in Path(lake).glob("ticks/*/*.json") if f.stem.partition("-")[2] in names):
        claim = json.loads(file.read_text())
        file.write_text(json.dumps({**claim, "state": "fetched", "lease_until_ms": 0}))

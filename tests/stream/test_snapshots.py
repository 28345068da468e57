"""Two captured answers, replayed as the functions replay them, in either order."""

import itertools
import json
import random

from harness import Driver, ends, in_partitions, tables

from ingest.lake import open_lake
from ingest.play import play
from ingest.settings import Settings

MINUTE_MS = 60_000


class Kept:
    """A publisher that keeps what it is given."""

    def __init__(self):
        self.messages = []

    def publish(self, topic, key, value, headers):
        self.messages.append({"topic": topic, "key": key, "value": value, "headers": headers})

    def flush(self):
        pass


def later(capture, rng):
    """The same markets a minute on: four of ten with a new trade, all with a new price in USD."""
    for row in capture["data"]:
        row["priceUsd"] = str(int(float(row["priceUsd"] or 1)) + rng.randrange(1, 9)) + ".5"
        row["updated"] += MINUTE_MS * (rng.random() < 0.4)
    return capture | {"timestamp": capture["timestamp"] + MINUTE_MS}


def replayed(folder, lake):
    kept = Kept()
    settings = Settings(lake=str(lake), polled_at="envelope")
    assert all(s["status"] == "done" for s in play(folder, settings, kept, open_lake(str(lake))))
    return kept.messages


def test_two_snapshots_in_either_order_end_in_the_same_tables(
    spark, make_database, captures, tmp_path
):
    first = json.loads((captures / "markets.json").read_text())
    second = later(json.loads((captures / "markets.json").read_text()), random.Random(5))
    snapshots = []
    for name, capture in (("first", first), ("second", second)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "markets.json").write_text(json.dumps(capture))
        snapshots.append(replayed(folder, tmp_path / f"lake-{name}"))
    for snapshot in snapshots:
        assert sum(sent["topic"] == "coincap.markets" for sent in snapshot) == 2000
    contents = []
    for number, order in enumerate(itertools.permutations(snapshots)):
        driver = Driver(spark, make_database(f"snapshots_{number}"))
        placed = in_partitions([message for snapshot in order for message in snapshot])
        cut = len(order[0])
        driver.process(placed[:cut], 0, ends(placed[:cut]))
        driver.process(placed[cut:], 1, ends(placed))
        driver.close()
        contents.append(tables(driver.serve.dsn))
    one, other = contents
    assert one == other
    assert len(one["markets"]) == 2000
    newest = {row["snapshot_id"] for row in one["markets"]}
    assert newest == {snapshots[1][0]["headers"]["snapshot_id"]}

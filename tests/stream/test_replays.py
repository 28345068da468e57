"""A dead letter of the functions that was published again is marked, whatever comes first."""

import itertools
import json
from copy import deepcopy

from harness import Driver, in_partitions, market, message

from coincap_jobs import decoding
from coincap_jobs.database import connect

AT = "2024-10-17T12:31:00.000Z"


def letter(name):
    row = {
        "deadLetterId": name, "source": "function", "sourceTopic": "coincap.markets",
        "sourcePartition": None, "sourceOffset": None, "endpoint": "markets",
        "snapshotId": "markets-1", "polledAt": 1729168200000, "apiVersion": "v3",
        "reason": "wrong_type", "field": "rank", "key": None, "raw": "{}", "rawBytes": 2,
        "rawSha256": "0" * 64, "rawLocation": None,
    }  # fmt: skip
    sent = message("markets", None, AT, text=json.dumps(row).encode())
    return {**sent, "topic": "coincap.dead-letter"}


def again(name, **changes):
    sent = message("markets", {**market(name), **changes}, AT)
    return {**sent, "headers": {**sent["headers"], "dead_letter_id": name}}


def statuses(dsn):
    with connect(dsn, "test") as connection:
        query = "select dead_letter_id, status from market.dead_letters where source = 'function'"
        return dict(connection.execute(query).fetchall())


ORDERS = list(itertools.permutations(("letter", "again", "other")))


CASES = [("driver", names, 1) for names in ORDERS]
CASES += [("executors", ORDERS[0], cut) for cut in (1, 3)]


def test_a_replay_marks_its_letter_in_any_order(spark, make_database, monkeypatch):
    for number, (path, names, cut) in enumerate(CASES):
        monkeypatch.undo()
        if path == "executors":
            monkeypatch.setattr(decoding, "SMALL_BATCH", 0)
        dsn = make_database(f"replays_{number}")
        messages = {"letter": letter("x"), "again": again("x"), "other": letter("y")}
        placed = in_partitions([messages[name] for name in names])
        driver = Driver(spark, dsn)
        ends = {}
        for batch, first in enumerate(range(0, 3, cut)):
            for each in placed[first : first + cut]:
                at = ends.setdefault(each["topic"], {})
                at[each["partition"]] = each["offset"] + 1
            driver.process(placed[first : first + cut], batch, deepcopy(ends))
        driver.close()
        assert statuses(dsn) == {"x": "replayed", "y": "open"}, (path, names, cut)


def test_a_replay_that_is_refused_again_marks_nothing(spark, postgres):
    driver = Driver(spark, postgres.dsn)
    driver.process(in_partitions([letter("x"), again("x", rank="1.5")]), 0)
    driver.close()
    assert statuses(postgres.dsn) == {"x": "open"}

"""Delta tables as the batch writes them, and its small documents."""

from datetime import date, datetime

import pytest

from coincap_batch.silver import ARRIVAL
from coincap_batch.state import State
from coincap_batch.store import Store
from coincap_batch.tables import SILVER, LakeTable
from coincap_jobs import turns
from coincap_jobs.errors import JobError

pytestmark = pytest.mark.usefixtures("interpreted")

TABLE = LakeTable("things", "silver", "at", ("name",))
DAY = date(2026, 1, 1)


@pytest.mark.parametrize("order", [(), ("version",)])
def test_a_field_that_the_contract_gains_becomes_a_column(spark, tmp_path, order):
    store = Store(spark, str(tmp_path))
    columns = "name string, version int, date date"
    store.upsert(TABLE, spark.createDataFrame([("a", 2, DAY), ("b", 2, DAY)], columns), order)
    grown = [("b", 1, DAY, "red"), ("c", 1, DAY, "blue")]
    store.upsert(TABLE, spark.createDataFrame(grown, f"{columns}, colour string"), order)
    rows = {row.name: (row.version, row.colour) for row in store.read(TABLE).collect()}
    kept = (1, "red") if order else (2, None)
    assert rows == {"a": (2, None), "b": kept, "c": (1, "blue")}


@pytest.mark.parametrize("hours", [(1, 2), (2, 1)])
def test_a_dead_letters_copy_after_midnight_is_no_second_one(spark, tmp_path, hours):
    """The message arrives at 23:59, its copy at 00:01; runs in both orders."""
    arrivals = {1: datetime(2026, 1, 1, 23, 59), 2: datetime(2026, 1, 2, 0, 1)}
    columns = (
        "dead_letter_id string, arrived_at timestamp, topic_id string, partition int, "
        "offset bigint, date date"
    )
    store, table = Store(spark, str(tmp_path)), SILVER["dead_letter"]
    for hour in hours:
        at = arrivals[hour]
        rows = spark.createDataFrame([("x", at, "id", 0, hour, at.date())], columns)
        store.upsert(table, rows, ARRIVAL)
    (row,) = store.read(table).collect()
    assert (row.offset, row.date) == (1, DAY)


def test_what_was_cached_for_an_upsert_is_let_go(spark, tmp_path):
    store = Store(spark, str(tmp_path))
    spark.catalog.clearCache()
    for version in (3, 2, 2):
        rows = spark.createDataFrame([("a", version, DAY)], "name string, version int, date date")
        store.upsert(TABLE, rows, ("version",))
    assert spark._jsparkSession.sharedState().cacheManager().isEmpty()


def test_whatever_is_written_waits_for_its_turn(spark, tmp_path, monkeypatch):
    """The first rows of a table, a merge into it, days that are replaced."""
    asked = []
    monkeypatch.setattr(turns, "_locked", lambda handle, _: asked.append(handle.name) or True)
    store = Store(spark, str(tmp_path))
    lock = str(tmp_path / "silver" / ".things.lock")
    rows = spark.createDataFrame([("a", 1, DAY)], "name string, version int, date date")
    for n in (1, 2):
        store.upsert(TABLE, rows)
        assert asked == [lock] * n
    store.replace(TABLE, rows, [str(DAY)])
    assert asked == [lock] * 3


def test_a_document_is_replaced_at_once(spark, tmp_path):
    state, path = State(spark, str(tmp_path)), tmp_path / "state" / "batch" / "x.json"
    state.write("x", {"n": 1})
    with path.open() as reader:
        state.write("x", {"n": 2})
        assert '"n": 1' in reader.read()
    assert state.read("x") == {"n": 2}
    # What a writer that was killed leaves.
    path.with_suffix(".json.new").write_text('{"n"')
    assert state.read("x") == {"n": 2}
    state.write("x", {"n": 3})
    assert state.read("x") == {"n": 3}
    assert [file.name for file in path.parent.iterdir()] == ["x.json"]


def test_a_document_that_is_no_json_is_named(spark, tmp_path):
    state = State(spark, str(tmp_path))
    state.write("x", {"n": 1})
    (tmp_path / "state" / "batch" / "x.json").write_text('{"n"')
    with pytest.raises(JobError, match=r"state/batch/x.json is no JSON .* delete it"):
        state.read("x")

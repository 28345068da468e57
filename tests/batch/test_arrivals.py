"""What arrives late, twice or between two deaths of the batch is in the lake once."""

from datetime import timedelta

import pytest
from bronze_rows import ARRIVED, START, Kafka
from delta.tables import DeltaTable
from lake_runs import archive, batch_of, run

from coincap_batch import pipeline
from coincap_batch.changes import Log
from coincap_batch.manifest import manifest
from coincap_batch.store import StoreError
from coincap_batch.tables import ALL, MARKET_CANDLES, MARKET_SAMPLES, MESSAGE_HOURS, SILVER

pytestmark = pytest.mark.usefixtures("interpreted")

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def market(minute, arrived=None, topic_id="coincap.markets-id", offset=None):
    """One message of a market; by default it arrives in the minute of its poll after ARRIVED."""
    kafka, polled = Kafka(), START + minute * MINUTE
    kafka.market("bitcoin", "2.5", "20000", polled, polled)
    row = kafka.rows[0]
    arrived = arrived or ARRIVED + minute * MINUTE
    offset = minute if offset is None else offset
    return (row[0], topic_id, 0, offset, arrived, *row[5:8], arrived.date())


def minutes(batch):
    """The minutes after START that silver, samples and candles of a minute hold."""
    times = {
        SILVER["market"]: "polled_at",
        MARKET_SAMPLES: "updated",
        MARKET_CANDLES["1m"]: "period_start",
    }
    found = [
        sorted((row[0].timestamp() - START.timestamp()) / 60 for row in rows.collect())
        for rows in (batch.store.read(table).select(column) for table, column in times.items())
    ]
    assert found[0] == found[1] == found[2]
    return found[0]


def files(batch):
    return {table.name: batch.store.files(table) for table in ALL}


@pytest.fixture(scope="module")
def lake(spark, tmp_path_factory):
    """A lake whose first run found no bronze, and whose second found two minutes."""
    lake = tmp_path_factory.mktemp("arrivals")
    run(spark, lake)
    archive(spark, lake, [market(0), market(1)])
    assert minutes(run(spark, lake)) == [0, 1]
    return lake


def test_what_is_archived_after_its_hours_run_is_in_the_next(spark, lake):
    archive(spark, lake, [market(2, arrived=ARRIVED - 3 * HOUR), market(3)])
    batch = run(spark, lake)
    assert minutes(batch) == [0, 1, 2, 3]
    counted = {row.hour_start.timestamp(): row for row in batch.store.read(MESSAGE_HOURS).collect()}
    assert [row.messages for _, row in sorted(counted.items())] == [1, 3]
    # A topic that was deleted and made anew begins at offset 0 again.
    archive(spark, lake, [market(4, topic_id="made-anew", offset=0)])
    assert minutes(run(spark, lake)) == [0, 1, 2, 3, 4]


def test_a_run_reads_the_new_files_alone(spark, lake):
    log = Log(spark, f"{lake}/bronze")
    before = log.mark()
    archive(spark, lake, [market(5)])
    now = log.mark()
    gained = log.gained(before, now)
    assert (len(gained.files), gained.days) == (1, {"2026-01-01"})
    (read,) = log.rows(before, now).inputFiles()
    assert read.endswith(gained.files[0])
    assert len(log.rows(None, now).inputFiles()) > 3


@pytest.mark.slow
def test_compaction_hides_nothing_and_rebuilds_nothing(spark, lake):
    batch = run(spark, lake)
    listed = manifest(batch.store, batch.state)["tables"]["markets"]["partitions"]
    for folder in ("bronze", SILVER["market"].place, MARKET_SAMPLES.place):
        DeltaTable.forPath(spark, f"{lake}/{folder}").optimize().executeCompaction()
    before = files(batch)
    run(spark, lake)
    assert files(batch) == before
    ((day, merged),) = manifest(batch.store, batch.state)["tables"]["markets"]["partitions"].items()
    assert merged["fingerprint"] == listed[day]["fingerprint"]
    assert merged["files"] == before["markets"][day] != listed[day]["files"]
    archive(spark, lake, [market(6)])
    DeltaTable.forPath(spark, f"{lake}/bronze").optimize().executeCompaction()
    assert minutes(run(spark, lake))[-2:] == [5, 6]


@pytest.mark.slow
def test_a_window_reads_again_and_leaves_what_is_new_to_the_next_run(spark, lake):
    archive(spark, lake, [market(7), market(8, arrived=ARRIVED + 5 * HOUR)])
    repaired = run(spark, lake, ARRIVED, ARRIVED + HOUR)
    assert minutes(repaired)[-2:] == [6, 7]
    assert minutes(run(spark, lake))[-2:] == [7, 8]


@pytest.mark.slow
def test_a_file_that_is_gone_is_named_and_read_when_it_is_back(spark, lake):
    log = Log(spark, f"{lake}/bronze")
    before = log.mark()
    archive(spark, lake, [market(9)])
    (name,) = log.gained(before, log.mark()).files
    file = lake / "bronze" / name
    hidden = file.rename(file.with_suffix(".gone"))
    with pytest.raises(StoreError, match=r"bronze \(date=2026-01-01\)"):
        run(spark, lake)
    hidden.rename(file)
    assert minutes(run(spark, lake))[-1] == 9


@pytest.mark.slow
def test_a_log_that_no_longer_reaches_back_makes_the_next_run_read_all(spark, lake):
    batch = batch_of(spark, lake)
    read = batch.state.read("silver")
    assert read["bronze"]["version"] > 1
    for document in ({"bronze": {**read["bronze"], "table_id": "of another table"}}, {}):
        batch.state.write("silver", document)
        before = files(batch)
        run(spark, lake, steps=("silver",))
        assert files(batch) == before
        assert batch.state.read("silver") == read


@pytest.mark.parametrize(
    "dies",
    [
        pytest.param("in silver"),
        pytest.param("after silver", marks=pytest.mark.slow),
        pytest.param("after samples", marks=pytest.mark.slow),
    ],
)
def test_a_run_that_died_is_completed_by_the_next(spark, tmp_path, monkeypatch, dies):
    archive(spark, tmp_path, [market(0), market(1)])
    batch = batch_of(spark, tmp_path)
    if dies == "in silver":

        def killed(name, content):
            if name == "silver":
                raise KeyboardInterrupt

        monkeypatch.setattr(batch.state, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            pipeline.build_silver(batch)
    else:
        pipeline.build_silver(batch)
    if dies == "after samples":
        pipeline.build_samples(batch)
    assert minutes(run(spark, tmp_path)) == [0, 1]

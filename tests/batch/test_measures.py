"""What the batch measures of the pipeline: copies per hour, the way to the first chart."""

import json
from datetime import UTC, timedelta

import pytest
from bronze_rows import ARRIVED, COLUMNS, START, Kafka

from coincap_batch import bronze, measures
from coincap_batch.store import Store
from coincap_batch.tables import FIRST_CHARTS, MESSAGE_HOURS

pytestmark = pytest.mark.usefixtures("interpreted")

HOUR = timedelta(hours=1)


@pytest.fixture
def lake(spark, tmp_path):
    """Three messages, one of them twice, in the hour of ARRIVED; one message in the next."""
    kafka = Kafka()
    kafka.market("bitcoin", "1", "1", START, START)
    kafka.market("bitcoin", "2", "1", START, START + HOUR)
    kafka.copy(0)
    kafka.asset("bitcoin", "1", START)
    late = list(kafka.rows[1])
    late[3], late[4] = 9, ARRIVED + HOUR
    rows = [*kafka.rows, tuple(late)]
    frame = spark.createDataFrame(rows, COLUMNS)
    frame.write.format("delta").partitionBy("date", "topic").save(f"{tmp_path}/bronze")
    return Store(spark, str(tmp_path))


def counted(store):
    rows = store.read(MESSAGE_HOURS).collect()
    return {
        (row.topic, row.hour_start.astimezone(UTC)): (row.messages, row.distinct_messages)
        for row in rows
    }


def arrived(store, start, width):
    return bronze.messages(store.spark, store.lake, start, start + width)


def test_copies_are_counted_and_hours_of_other_runs_stay(lake):
    first = ARRIVED.replace(minute=0)
    expected = {
        ("coincap.markets", first): (3, 2),
        ("coincap.assets", first): (1, 1),
        ("coincap.markets", first + HOUR): (1, 1),
    }
    measures.count_messages(lake, arrived(lake, ARRIVED + HOUR, HOUR))
    measures.count_messages(lake, arrived(lake, ARRIVED, timedelta(seconds=2)))
    assert counted(lake) == expected
    before = lake.files(MESSAGE_HOURS)
    measures.count_messages(lake, arrived(lake, ARRIVED, HOUR))
    assert (counted(lake), lake.files(MESSAGE_HOURS)) == (expected, before)


def test_the_demos_records_are_kept_once(lake, tmp_path):
    file = tmp_path / "state" / "first_charts" / "run.json"
    file.parent.mkdir(parents=True)
    record = {"began_at": "2026-01-01T00:00:00Z", "commands": 1, "seconds": 147.5}
    file.write_text(json.dumps(record))
    for _ in range(2):
        measures.keep_first_charts(lake, [str(file)])
    (row,) = lake.read(FIRST_CHARTS).collect()
    assert (row.commands, row.seconds, str(row.date)) == (1, 147.5, "2026-01-01")

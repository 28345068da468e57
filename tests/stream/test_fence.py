"""An archive that was replaced appends nothing more."""

import pytest
from harness import Driver, ends, in_partitions, market, message

from coincap_jobs.archive import Archive, bronze_path, ensure_bronze, held_offsets
from coincap_jobs.fence import Fence
from coincap_jobs.ledger import Fenced

AT = "2024-10-17T12:31:00.000Z"


@pytest.fixture
def archive(spark, postgres, tmp_path):
    """Make an archive as a starting driver does; the lake is the test's."""
    driver = Driver(spark, postgres.dsn)
    lake = str(tmp_path / "lake")
    ensure_bronze(spark, lake)
    ids = driver.serve.topic_ids

    def start():
        fence = Fence(spark, bronze_path(lake))
        held = held_offsets(spark, lake, ids)
        made = Archive(lake, postgres.dsn, 1, ids, held, driver.plan, fence)

        def process(placed, batch_id):
            driver.plan.ends[batch_id] = ends(placed)
            made.process(driver.frame(placed), batch_id)

        return process

    start.lake = lake
    yield start
    driver.close()


def test_the_replaced_archive_is_told_and_bronze_has_each_message_once(spark, archive):
    sent = in_partitions([message("markets", market(str(n)), AT) for n in range(6)])

    def offsets():
        bronze = spark.read.format("delta").load(bronze_path(archive.lake))
        return sorted(bronze.select("partition", "offset").collect())

    places = sorted((placed["partition"], placed["offset"]) for placed in sent)
    first = archive()
    first(sent[:3], 0)
    second = archive()
    with pytest.raises(Fenced, match="another driver archives into this lake"):
        first(sent, 1)
    assert len(offsets()) == 3
    second(sent, 0)
    assert offsets() == places
    with pytest.raises(Fenced):
        first(sent, 1)
    assert offsets() == places
    archive()(sent, 0)
    assert offsets() == places

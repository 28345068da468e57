"""The ledger set back by hand: lowering changes nothing in the tables, raising must be said."""

import time

import pytest
from harness import Driver, in_partitions, market, message, tables

from coincap_jobs import ledger
from coincap_jobs.checkpoint import set_aside
from coincap_jobs.database import connect
from coincap_jobs.errors import JobError
from coincap_jobs.rewind import move_ledger

TOPIC = "coincap.markets"


def served(spark, dsn):
    """A stopped stream that has served a few messages; return them."""
    rows = [market(name, price=f"{n}.5") for n, name in enumerate(("a", "b", "c", "d", "e", "f"))]
    placed = in_partitions([message("markets", row) for row in rows])
    driver = Driver(spark, dsn)
    driver.process(placed, 0)
    driver.close()
    return placed


@pytest.fixture
def stopped(spark, postgres):
    placed = served(spark, postgres.dsn)
    with connect(postgres.dsn, "rewind") as connection:
        # The server notices a closed connection a moment later.
        locks = "select count(*) from pg_locks where locktype = 'advisory'"
        while connection.execute(locks).fetchone() != (0,):
            time.sleep(0.05)
        ledger.take_over(connection)
        yield connection, placed


def offsets(connection):
    query = "select partition_id, next_offset from market.stream_offsets order by 1"
    return dict(connection.execute(query).fetchall())


def test_what_is_processed_again_changes_nothing(spark, stopped, postgres):
    connection, placed = stopped
    before, held = tables(postgres.dsn), offsets(connection)
    changes = move_ledger(connection.cursor(), {TOPIC: {0: 1, 1: 0}}, False)
    connection.commit()
    connection.close()
    assert [(c.partition, c.before, c.after) for c in changes] == [(0, held[0], 1), (1, held[1], 0)]
    driver = Driver(spark, postgres.dsn)
    driver.process(placed, 0)
    again = offsets(driver.connection)
    driver.close()
    assert again == held
    assert tables(postgres.dsn) == before


def test_raising_needs_to_be_said_and_is_remembered(stopped):
    connection, _ = stopped
    held = offsets(connection)
    with pytest.raises(JobError, match=f"after the ledger's {held[0]}.*--accept-gap"):
        move_ledger(connection.cursor(), {TOPIC: {0: held[0] + 9}}, False)
    connection.rollback()
    move_ledger(connection.cursor(), {TOPIC: {0: held[0] + 9}}, True)
    connection.commit()
    assert offsets(connection)[0] == held[0] + 9
    ids = {TOPIC: f"id-of-{TOPIC}", "coincap.rates": "id-of-coincap.rates"}
    gaps = ledger.accepted_gaps(connection.cursor(), ids)
    assert gaps == {TOPIC: {0: held[0] + 9}, "coincap.rates": {}}


def test_a_partition_that_the_ledger_does_not_know_is_named(stopped):
    connection, _ = stopped
    with pytest.raises(JobError, match=r"no coincap\.markets:7; it has coincap\.markets:0, "):
        move_ledger(connection.cursor(), {TOPIC: {7: 0}}, False)


def test_a_running_stream_is_not_set_back(spark, postgres):
    driver = Driver(spark, postgres.dsn)
    with connect(postgres.dsn, "rewind") as other, pytest.raises(JobError, match="stop it first"):
        ledger.take_over(other)
    driver.close()


def test_checkpoints_are_renamed_and_not_deleted(spark, tmp_path):
    folder = tmp_path / "checkpoints"
    (folder / "serve").mkdir(parents=True)
    (folder / "serve" / "metadata").write_text("x")
    kept = set_aside(spark, str(folder))
    assert kept.startswith(f"{folder}.before-20")
    assert not folder.exists()
    assert (tmp_path / kept / "serve" / "metadata").read_text() == "x"
    assert set_aside(spark, str(folder)) is None

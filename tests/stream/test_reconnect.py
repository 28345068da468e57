"""A lost connection is made good by the driver itself, as long as nobody else has taken over."""

import threading

import psycopg
import pytest
from harness import Driver, in_partitions, market, message, tables

from coincap_jobs import ledger, serve
from coincap_jobs.database import connect


@pytest.fixture
def impatient(monkeypatch):
    """No real waiting between tries."""
    monkeypatch.setattr(serve.time, "sleep", lambda _: None)


def test_a_database_that_takes_a_while_to_come_back_is_waited_for(
    spark, postgres, monkeypatch, impatient
):
    driver, refused = Driver(spark, postgres.dsn), iter(range(3))

    def not_yet(*arguments):
        if next(refused, None) is not None:
            raise psycopg.OperationalError("the database system is starting up")
        return connect(*arguments)

    monkeypatch.setattr(serve, "connect", not_yet)
    with connect(postgres.dsn, "test") as other:
        lost = driver.serve.connection.info.backend_pid
        other.execute("select pg_terminate_backend(%s, 5000)", [lost])
    driver.process(in_partitions([message("markets", market())]), 0)
    driver.close()
    assert next(refused, None) is None
    assert len(tables(postgres.dsn)["markets"]) == 1


def test_the_lock_of_the_lost_session_is_waited_for(postgres):
    lost, again = (connect(postgres.dsn, "test") for _ in range(2))
    ownership = ledger.take_over(lost)
    server_notices = threading.Timer(0.5, lost.close)
    server_notices.start()
    ledger.retake(again, ownership)
    with connect(postgres.dsn, "test") as third, pytest.raises(ledger.JobError, match="holds"):
        ledger.take_over(third)
    again.close()


def test_a_driver_that_somebody_has_succeeded_does_not_wait(postgres):
    lost, successor, again = (connect(postgres.dsn, "test") for _ in range(3))
    ownership = ledger.take_over(lost)
    successor.execute("select pg_terminate_backend(%s, 5000)", [lost.info.backend_pid])
    ledger.take_over(successor)
    with pytest.raises(ledger.Fenced, match="is over"):
        ledger.retake(again, ownership)
    successor.close()
    again.close()

"""Two that merge at once, the stream and redeliver.py, know of each other's samples."""

import threading
import time
from datetime import timedelta

import psycopg
import pytest
from harness import Driver, asset, in_partitions, market, message

from coincap.contract import record_type
from coincap_jobs import planned
from coincap_jobs.database import as_writer, connect
from coincap_jobs.kafka_source import messages
from coincap_jobs.merge import merge
from coincap_jobs.staging import temporary_tables

AT = "2024-10-17T12:30:40.000Z"
TRADED = 1_729_168_230_000
"""Ten seconds before the poll, in the same minute."""
BLOCKED = """
select count(*) from pg_stat_activity
where datname = current_database() and application_name = 'second' and wait_event_type = 'Lock'
"""
CANDLE = "select samples, market_samples, vwap from market.asset_candles_1m"


def lines(spark, dsn, name, row) -> list:
    """One accepted row as lines of COPY."""
    driver = Driver(spark, dsn)
    placed = in_partitions([message(name, row, AT)])
    frame = messages(driver.frame(placed), driver.serve.topic_ids)
    driver.close()
    ((_, decoded),) = planned.decode(frame, [f"coincap.{name}"])
    return planned.accepted(decoded, record_type(name.removesuffix("s"))).collect()


def merged(connection, rows) -> None:
    with connection.cursor() as cursor, temporary_tables(cursor, rows) as staged:
        merge(cursor, staged, timedelta(hours=24), set())


@pytest.mark.parametrize("order", [("markets", "assets"), ("assets", "markets")])
def test_an_assets_candle_knows_what_two_merged_at_the_same_time(spark, postgres, order):
    rows = {
        "markets": lines(spark, postgres.dsn, "markets", market(updated=TRADED)),
        "assets": lines(spark, postgres.dsn, "assets", asset()),
    }
    with psycopg.connect(postgres.dsn, autocommit=True) as owner:
        for parent in ("market_ticks", "market_candles_1m", "asset_ticks", "asset_candles_1m"):
            owner.execute("select market.ensure_partition(%s, date '2024-10-17')", [parent])
        first, second = (as_writer(connect(postgres.dsn, name)) for name in ("first", "second"))
        merged(first, rows[order[0]])

        def overtake() -> None:
            merged(second, rows[order[1]])
            second.commit()

        thread = threading.Thread(target=overtake)
        thread.start()
        # Without a lock the second is through before the first commits.
        while thread.is_alive() and owner.execute(BLOCKED).fetchone() == (0,):
            time.sleep(0.02)
        first.commit()
        thread.join()
        first.close()
        second.close()
        samples, market_samples, vwap = owner.execute(CANDLE).fetchone()
    assert (samples, market_samples) == (1, 1)
    assert vwap is not None

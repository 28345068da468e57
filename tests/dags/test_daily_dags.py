"""The DAGs that follow market_batch, run by Airflow: snapshots, reconcile, housekeeping."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from bronze_rows import Kafka
from deltalake import DeltaTable
from market_hours import market_hours

from coincap_jobs.database import connect

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


NOW = datetime.now(UTC).replace(microsecond=0)
DAY = NOW.replace(hour=6, minute=0, second=0) - timedelta(days=4)
"""Of the market, recent enough to be fresh."""


@pytest.fixture(scope="module")
def filled(stack):
    """One hour of the market, in the marts; arrived in two dozen small appends yesterday."""
    yesterday = DAY + timedelta(days=3)
    rows = [_arrived(row, yesterday + (row[4] - DAY)) for row in market_hours(1, DAY)]
    for start in range(0, len(rows), 20):
        stack.feed(rows[start : start + 20])
    stack.hour(yesterday, yesterday + HOUR)
    return stack


def _arrived(row, arrived):
    return (*row[:4], arrived, *row[5:8], arrived.date())


SINCE_2020 = "where period_start > timestamp '2020-01-01'"


def test_queued_candles_are_rebuilt_and_stream_and_batch_agree(filled):
    """Every candle is queued, none is live: the DAG has to bring each, to the last digit."""
    market = filled.query(
        "select 'market_candles_1m', base_id, exchange_id, quote_id, period_start "
        "from raw.market_candles_1m where period_start > timestamp '2020-01-01'"
    )
    asset = filled.query(
        "select 'asset_candles_1m', asset_id, '', '', period_start from raw.asset_candles_1m "
        "where period_start > timestamp '2020-01-01'"
    )
    assert len(market) > 20
    assert len(asset) > 20
    with connect(filled.dsn, "test", autocommit=True) as live:
        live.cursor().executemany(
            "insert into market.candle_rebuilds (candle_table, base_id, exchange_id, quote_id, "
            "minute_start) values (%s, %s, %s, %s, %s)",
            [*market, *asset],
        )
        filled.run("reconcile")
        counted = "select count(*), sum(samples) from market.market_candles_1m"
        assert live.execute(counted).fetchone()[0] == len(market)
        hours = filled.query("select candle_table, agrees from marts.recon_stream_batch")
        assert {name for name, _ in hours} == {"market_candles_1m", "asset_candles_1m"}
        assert all(agrees for _, agrees in hours)
        for table in ("market_candles_1h", "asset_candles_1h"):
            of_lake = f"select count(*), sum(samples), sum(close) from raw.{table} {SINCE_2020}"
            of_live = f"select count(*), sum(samples), sum(close) from market.{table}"
            assert live.execute(of_live).fetchall() == filled.query(of_lake)
        # While its minute is queued a candle would be put right again before it is compared.
        live.execute("update market.candle_rebuilds set done_at = now()")
        key = "base_id, exchange_id, quote_id, minute_start"
        live.execute(
            f"update market.market_candles_1m set close = close + 1e-18 where ({key}) in "
            f"(select {key} from market.market_candles_1m limit 1)"
        )
        filled.run("reconcile")
        wrong = filled.query(
            "select candle_table, close_difference from marts.recon_stream_batch where not agrees"
        )
        assert wrong == [("market_candles_1m", Decimal("1e-18"))]


def test_a_day_that_arrives_late_falls_into_its_place_in_the_history(filled):
    """SCD2: a changed name makes a version, also on a day that is loaded after its successor."""
    renamed = timedelta(minutes=45)

    def send(name, polled):
        kafka = Kafka()
        kafka.exchange("binance", 2, polled + renamed, title=name)
        rows = [*market_hours(1, polled, step=30, seed=polled.day), *kafka.rows]
        filled.feed([_arrived(row, NOW) for row in rows])
        filled.hour(NOW - HOUR, NOW + HOUR)
        filled.run("reference_snapshots")

    def versions():
        return filled.query(
            "select name, valid_from, valid_to, is_current from marts.dim_exchanges "
            "where exchange_id = 'binance' order by valid_from"
        )

    (old,) = versions()
    assert (old[0], old[2:]) == ("binance", (None, True))
    second, between = DAY + timedelta(days=2), DAY + timedelta(days=1)
    send("Binance Global", second)
    before, after = versions()
    assert before == ("binance", old[1], second + renamed, False)
    assert after == ("Binance Global", second + renamed, None, True)
    send("Binance for a day", between)
    assert versions() == [
        ("binance", old[1], between + renamed, False),
        ("Binance for a day", between + renamed, second + renamed, False),
        after,
    ]


def test_the_daily_run_builds_what_its_dimensions_are_made_of(filled):
    """As after a load whose hourly dbt build did not come so far."""
    query = "select asset_id, valid_from, valid_to from marts.dim_assets order by 1, 2"
    before = filled.query(query)
    assert before
    filled.query("drop table staging.asset_days")
    filled.run("reference_snapshots")
    assert filled.query(query) == before


def test_stale_tables_fail_the_daily_run_and_are_named(filled):
    filled.query("update raw.assets set arrived_at = timestamp '2000-01-01' where true")
    said = filled.failure("reference_snapshots")
    line = "DAG reference_snapshots: task freshness failed: ERROR STALE freshness of raw.assets"
    assert said.startswith(line)


def test_housekeeping_merges_small_files_and_keeps_every_row(filled):
    bronze = DeltaTable(str(filled.lake / "bronze"))
    rows, files = bronze.to_pyarrow_table().num_rows, len(bronze.file_uris())
    filled.client().query("create table raw.loading_now (id STRING)").result()
    filled.run("housekeeping")
    bronze = DeltaTable(str(filled.lake / "bronze"))
    assert bronze.to_pyarrow_table().num_rows == rows
    assert len(bronze.file_uris()) < files / 2
    # A load that runs now keeps its table.
    assert filled.query("select count(*) from raw.loading_now") == [(0,)]

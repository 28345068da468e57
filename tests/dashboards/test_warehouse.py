"""What reads the marts, on the BigQuery emulator: hourly candles, the ready queries."""

from pathlib import Path

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from report import render

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
QUERIES = sorted((ROOT / "local_stack/queries/bigquery").glob("*.sql"))
PRICE = "bignumeric(38, 18)"
CANDLES = (
    f"asset_id string, period_start timestamp, open {PRICE}, high {PRICE}, low {PRICE}, "
    f"close {PRICE}, vwap {PRICE}, samples int64, source string"
)
MARTS = {  # the columns that are read here, of the types that dbt's models give
    "asset_candles_1h": CANDLES,
    "asset_candles_1d": CANDLES,
    "rpt_market_overview": (
        f"asset_id string, exchange_id string, market_volume_usd_24hr {PRICE}, "
        f"asset_market_cap_usd_once {PRICE}, asset_volume_usd_24hr_once {PRICE}"
    ),
    "slo_completeness": "polled_at timestamp, pairs_claimed int64, pairs_percent float64",
    "slo_api_latency": (
        "endpoint string, hour_start timestamp, calls int64, failed_calls int64, p50_ms float64, "
        "p95_ms float64, p99_ms float64, credits int64"
    ),
    "realised_volatility": (
        "asset_id string, period_start timestamp, volatility_24h float64, volatility_7d float64, "
        "volatility_30d float64"
    ),
    "dominance": (
        f"asset_id string, day date, market_cap_usd {PRICE}, total_market_cap_usd {PRICE}, "
        "dominance float64"
    ),
    "recon_stream_batch": (
        "candle_table string, hour_start timestamp, live_candles int64, batch_candles int64, "
        f"live_samples int64, batch_samples int64, close_difference {PRICE}, agrees bool"
    ),
}
CANDLE = (
    "'bitcoin', timestamp '2024-10-17 {:02d}:00:00+00', bignumeric '0.044483000000000001', "
    "bignumeric '0.05', bignumeric '0.04', bignumeric '0.045', null, 1, 'history'"
)
ROWS = {
    "asset_candles_1h": [CANDLE.format(hour) for hour in range(5)],
    "asset_candles_1d": [CANDLE.format(0)],
    "rpt_market_overview": ["'bitcoin', 'binance', 7, 9, 8"],
    "slo_completeness": ["timestamp '2024-10-17 12:00:00+00', 100, 97.5"],
    "slo_api_latency": [
        "'markets', timestamp '2024-10-17 12:00:00+00', 8, 0, 180.0, 300.0, 410.0, 255"
    ],
    "realised_volatility": [
        f"'bitcoin', timestamp '2024-10-17 {hour}:00:00+00', 0.4, 0.5, 0.6" for hour in (11, 12)
    ],
    "dominance": [
        "'bitcoin', date '2024-10-17', 6, 10, 0.6",
        "'tether', date '2024-10-17', 4, 10, 0.4",
    ],
    "recon_stream_batch": [
        "'asset_candles_1m', timestamp '2024-10-17 12:00:00+00', 2, 2, 4, 4, 0, true",
        "'asset_candles_1m', timestamp '2024-10-17 13:00:00+00', 2, 1, 4, 2, 7, false",
    ],
}


def ask(client: bigquery.Client, sql: str) -> None:
    """Run a statement as a job: the emulator's short way hides what went wrong."""
    client.query(sql, job_retry=None).result()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    from embedded.bigquery import PROJECT, start_bigquery
    from embedded.places import RunFolder
    from embedded.processes import Supervisor

    supervisor = Supervisor(RunFolder(tmp_path_factory.mktemp("warehouse")))
    try:
        _, address = start_bigquery(supervisor)
        client = bigquery.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),
            client_options=ClientOptions(api_endpoint=address),
        )
        client.create_dataset("marts")
        for table, columns in MARTS.items():
            ask(client, f"create table marts.{table} ({columns})")
            for row in ROWS[table]:
                ask(client, f"insert into marts.{table} values ({row})")
        yield client, address
    finally:
        supervisor.stop_all()


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_warehouse_query_answers(path, emulator):
    text = path.read_text("utf-8")
    given = (
        [bigquery.ScalarQueryParameter("asset", "STRING", "bitcoin")] if "@asset" in text else []
    )
    config = bigquery.QueryJobConfig(query_parameters=given)
    found = list(emulator[0].query(text, job_config=config, job_retry=None).result())
    assert len(found) == 1


def test_the_report_draws_hourly_candles_with_all_their_digits(emulator, filled, tmp_path):
    made = render(filled, tmp_path / "r.html", bigquery=emulator[1])
    assert made.problems == ()
    text = made.path.read_text("utf-8")
    assert "Bitcoin: price by the hour" in text
    assert 'title="0.044483000000000001"' in text
    assert "No hourly candle" not in text


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("select nothing_of_that_name from marts.dominance", "warehouse/candles_hourly: "),
        ("select 1 from marts.not_built_yet", ""),
    ],
)
def test_a_wrong_statement_is_told_and_a_mart_that_is_not_built_yet_is_empty(
    emulator, monkeypatch, statement, said
):
    from panels import Panel, panel
    from panels.parameters import defaults
    from report import sources

    monkeypatch.setattr(Panel, "sql", statement)
    read = sources.warehouse(emulator[1], "coincap-local")
    result = read(panel("warehouse/candles_hourly"), defaults("bitcoin"))
    assert result.rows == []
    assert result.problem.startswith(said)
    assert bool(result.problem) == bool(said)

"""What reads the marts, on the BigQuery emulator: hourly candles, the ready queries."""

from pathlib import Path

import pytest
import yaml
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from report import render

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
QUERIES = sorted((ROOT / "local_stack/queries/bigquery").glob("*.sql"))
MODELS = {  # the columns that dbt promises, by mart
    model["name"]: {each["name"]: each["data_type"] for each in model["columns"]}
    for path in sorted((ROOT / "dbt/models").glob("*/*.yml"))
    for model in yaml.safe_load(path.read_text("utf-8")).get("models", [])
    if model.get("config", {}).get("contract")
}
CANDLES = "asset_id, period_start, open, high, low, close, vwap, samples, source"
COLUMNS = {  # those that are filled here
    "asset_candles_1m": CANDLES,
    "asset_candles_1h": CANDLES,
    "asset_candles_1d": CANDLES,
    "rpt_market_overview": (
        "asset_id, exchange_id, market_volume_usd_24hr, asset_market_cap_usd_once, "
        "asset_volume_usd_24hr_once"
    ),
    "slo_completeness": "polled_at, pairs_claimed, pairs_percent",
    "slo_api_latency": (
        "endpoint, hour_start, calls, failed_calls, p50_ms, p95_ms, p99_ms, credits"
    ),
    "realised_volatility": (
        "asset_id, period_start, volatility_24h, volatility_7d, volatility_30d"
    ),
    "dominance": "asset_id, day, market_cap_usd, total_market_cap_usd, dominance",
    "recon_stream_batch": (
        "candle_table, hour_start, live_candles, batch_candles, live_samples, batch_samples, "
        "close_difference, agrees"
    ),
    "correlation": "asset_id, other_asset_id, correlation, hours, as_of",
    "drawdown": "asset_id, period_start, close, peak_close, drawdown",
    "fct_markets": (
        "exchange_id, base_id, quote_id, price_usd, volume_usd_24hr, distrust, polled_at"
    ),
    "stablecoin_peg": "asset_id, period_start, deviation_bps, state",
    "slo_summary": "measure, value, bound, target, is_met",
}
CANDLE = (
    "'bitcoin', timestamp '2024-10-17 {:02d}:00:00+00', bignumeric '0.044483000000000001', "
    "bignumeric '0.05', bignumeric '0.04', bignumeric '0.045', null, 1, 'history'"
)
NOON = "timestamp '2024-10-17 12:00:00+00'"
ROWS = {
    "asset_candles_1m": [CANDLE.format(hour) for hour in (0, 1)],
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
    "correlation": [
        f"'bitcoin', 'ethereum', 0.9, 700, {NOON}",
        f"'ethereum', 'solana', 0.8, 700, {NOON}",
    ],
    "drawdown": [
        "'bitcoin', timestamp '2024-10-16 00:00:00+00', 60.0, 100.0, -0.4",
        "'bitcoin', timestamp '2024-10-17 00:00:00+00', 80.0, 100.0, -0.2",
    ],
    "fct_markets": [
        f"'kraken', 'bitcoin', 'tether', 100, 5, null, {NOON}",
        f"'kraken', 'bitcoin', 'euro', 101, null, null, {NOON}",
        f"'kraken', 'bitcoin', 'yen', 900, null, 'stale', {NOON}",
        "'kraken', 'bitcoin', 'tether', 90, 9, null, timestamp '2024-10-17 11:00:00+00'",
        "'kraken', 'bitcoin', 'tether', 90, 9, null, timestamp '2024-10-10 11:00:00+00'",
    ],
    "stablecoin_peg": [
        f"'tether', {NOON}, -12, 'watch'",
        "'tether', timestamp '2024-10-17 13:00:00+00', -5, 'normal'",
        "'usd-coin', timestamp '2024-10-17 13:00:00+00', -5, 'normal'",
    ],
    "slo_summary": ["'duplicates_share', 0.0, 'at most', 0.01, true"],
}
GIVEN = {"asset": "bitcoin", "at": "2024-10-17T00:30:00Z", "since": "2024-10-17"}
ANSWERS = {
    "02_best_days": {"change_percent": 1.16},
    "10_price_at": {"age_s": 1800},
    "11_correlation": {"other_asset_id": "ethereum", "correlation": 0.9},
    "12_drawdown": {"drawdown_percent": -40.0, "close": 60.0},
    "13_spread_history": {"markets": 2, "spread_bps": 100.0},
    "14_exchange_share_by_day": {"volume_usd": 5.0, "share": 1.0},
    "15_peg_by_day": {"asset_id": "tether", "hours_off": 1, "farthest_bps": 12.0},
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
        for table, filled in COLUMNS.items():
            columns = ", ".join(f"`{name}` {kind}" for name, kind in MODELS[table].items())
            ask(client, f"create table marts.{table} ({columns})")
            for row in ROWS[table]:
                ask(client, f"insert into marts.{table} ({filled}) values ({row})")
        yield client, address
    finally:
        supervisor.stop_all()


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_warehouse_query_answers(path, emulator):
    text = path.read_text("utf-8")
    given = [
        bigquery.ScalarQueryParameter(name, "STRING", value)
        for name, value in GIVEN.items()
        if f"@{name}" in text
    ]
    config = bigquery.QueryJobConfig(query_parameters=given)
    (found,) = emulator[0].query(text, job_config=config, job_retry=None).result()
    expected = ANSWERS.get(path.stem, {})
    assert {name: pytest.approx(found[name]) for name in expected} == expected


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

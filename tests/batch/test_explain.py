"""Which messages made a figure, and why others did not: the transformations and the command."""

import gzip
import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from bronze_rows import ARRIVED, COLUMNS, START, Kafka

import explain as command
from coincap_batch import explain, pipeline
from coincap_batch.state import State
from coincap_batch.store import Store
from coincap_jobs.database import connect
from coincap_jobs.spreads import refresh_spreads

pytestmark = pytest.mark.usefixtures("interpreted")

HOUR = timedelta(hours=1)


def refuse(kafka, topic, endpoint, key, at):
    """A row that the functions refused."""
    identity = hashlib.sha256(key.encode()).hexdigest()
    row = {
        "deadLetterId": identity, "source": "function", "sourceTopic": topic,
        "sourcePartition": None, "sourceOffset": None, "endpoint": endpoint,
        "snapshotId": "s", "polledAt": int(at.timestamp() * 1000), "apiVersion": "v3",
        "reason": "wrong_type", "field": "priceUsd", "key": key, "raw": '{"priceUsd": {}}',
        "rawBytes": "17", "rawSha256": identity, "rawLocation": "page#1",
    }  # fmt: skip
    kafka.send("coincap.dead-letter", endpoint, identity, row, at)


def history(lake: Path, hours):
    """A file of the landing zone as the backfill writes it."""
    rows = [
        {
            "id": "bitcoin", "priceUsd": price, "time": int(at.timestamp() * 1000),
            "circulatingSupply": None, "date": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "_polled_at": "2024-11-01T00:00:00.000Z", "_snapshot_id": "history-1",
        }
        for at, price in hours
    ]  # fmt: skip
    folder = lake / "landing" / "history"
    folder.mkdir(parents=True)
    with gzip.open(folder / "bitcoin.ndjson.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.fixture(scope="module")
def lake(spark, tmp_path_factory):
    """Offsets: 0 sample, 1 its repeat, 2 no price, 3 an official rate, 4 the next hour, 5 asset.

    Then a refused market and asset, and 8, a copy of 0.
    """
    kafka, lake = Kafka(), str(tmp_path_factory.mktemp("explain"))
    later = START + timedelta(minutes=1)
    kafka.market("bitcoin", "1.5", "20000", START, START)
    kafka.market("bitcoin", "1.6", "20000", START, later)
    kafka.market("bitcoin", None, None, START + timedelta(seconds=5), later)
    kafka.market("bitcoin", "9", "20000", START, START, quote="ukrainian-hryvnia")
    kafka.market("bitcoin", "2", "20000", START + HOUR, START + HOUR, exchange="kraken")
    kafka.asset("bitcoin", "1.55", START)
    refuse(kafka, "coincap.markets", "markets", "binance|bitcoin|tether", later)
    refuse(kafka, "coincap.assets", "assets", "bitcoin", START + 9 * HOUR)
    kafka.market("bitcoin", "1.5", "20000", START, START)
    history(Path(lake), [(START, "1.4"), (START + 2 * HOUR, "1.7")])
    frame = spark.createDataFrame(kafka.rows, COLUMNS)
    frame.write.format("delta").partitionBy("date", "topic").save(f"{lake}/bronze")
    batch = pipeline.Batch(Store(spark, lake), State(spark, lake), ARRIVED - HOUR, ARRIVED + HOUR)
    for step in pipeline.DEFAULT_STEPS:
        pipeline.STEPS[step](batch)
    return lake


def said(capsys, lake, *arguments, code=0):
    """The lines that the command printed, split at the bars."""
    assert command.main([*arguments, "--lake", lake]) == code
    return [line.strip().split(" | ") for line in capsys.readouterr().out.splitlines()]


def verdicts(lines):
    return {int(line[11]): line[0] for line in lines if len(line) > 12 and line[11].isdigit()}


def test_a_market_candle_names_its_sample_and_the_repeat(lake, capsys):
    key = ("market_candles_1h", "binance", "bitcoin", "tether")
    lines = said(capsys, lake, *key, "--start", START.isoformat())
    assert verdicts(lines) == {0: "sample", 1: "repeat", 2: "no_price", 8: "copy"}
    assert "'samples': 1" in lines[0][0]
    assert any("coincap_batch/candles.py" in line[0] for line in lines)
    (first,) = [line for line in lines if line[0] == "sample"]
    assert first[9] == "coincap.markets"
    assert '"priceUsd": "1.5"' in first[12]


def test_an_assets_candle_names_its_price_and_what_its_vwap_leaves_out(lake, capsys):
    lines = said(capsys, lake, "asset_candles_1h", "bitcoin", "--start", START.isoformat())
    assert verdicts(lines) == {
        5: "sample", 0: "sample", 1: "repeat", 2: "no_price", 3: "official_fx", 8: "copy",
    }  # fmt: skip


def test_a_refused_row_is_told_with_its_reason(lake, capsys):
    key = ("market_candles_1h", "binance", "bitcoin", "tether")
    lines = said(capsys, lake, *key, "--start", START.isoformat())
    (refused,) = [line for line in lines if line[0].startswith("dead_letter")]
    assert refused[0] == "dead_letter: wrong_type"
    assert refused[1:4] == ["binance", "bitcoin", "tether"]
    assert refused[12] == '{"priceUsd": {}}'
    lines = said(capsys, lake, "asset_candles_1h", "bitcoin", "--start", START.isoformat())
    assert sum(line[0].startswith("dead_letter") for line in lines) == 1
    start = (START + 9 * HOUR).isoformat()
    lines = said(capsys, lake, "asset_candles_1h", "bitcoin", "--start", start)
    assert [line[2] for line in lines if line[0].startswith("dead_letter")] == ["bitcoin"]


def test_a_candle_of_history_names_its_file_and_our_polls_go_before_it(lake, capsys):
    def of_history(mart, start):
        lines = said(capsys, lake, mart, "bitcoin", "--start", start.isoformat())
        found = [line for line in lines if len(line) > 12 and "bitcoin.ndjson.gz" in line[9]]
        return lines, [(line[0], line[5]) for line in found]

    lines, rows = of_history("asset_candles_1h", START + 2 * HOUR)
    assert "'source': 'history'" in lines[0][0]
    assert rows == [("sample", "1.700000000000000000")]
    own = ("own_polls", "1.400000000000000000")
    assert of_history("asset_candles_1h", START)[1] == [own]
    # Of the day we have a poll of our own, so its candle is made of that alone.
    day = START.replace(hour=0)
    assert {row[0] for row in of_history("asset_candles_1d", day)[1]} == {"own_polls"}
    assert of_history("realised_volatility", START + 3 * HOUR)[1] == [
        own, ("sample", "1.700000000000000000"),
    ]  # fmt: skip


def test_a_marts_figure_names_the_samples_of_its_whole_window(lake, capsys):
    start = (START + 20 * HOUR).isoformat()
    lines = said(capsys, lake, "realised_volatility", "bitcoin", "--start", start)
    assert verdicts(lines) == {5: "sample"}
    assert any("models/risk/realised_volatility.sql" in line[0] for line in lines)
    before = (START - 40 * 24 * HOUR).isoformat()
    said(capsys, lake, "realised_volatility", "bitcoin", "--start", before, code=1)


def test_a_spread_of_the_marts_names_the_newest_row_of_every_market(lake, capsys):
    lines = said(capsys, lake, "cross_exchange_spreads", "bitcoin")
    assert verdicts(lines) == {2: "no_price", 3: "official_fx", 4: "sample"}


def test_a_live_spread_names_bid_ask_and_what_was_left_out(lake, postgres, spark, capsys):
    silver = Store(spark, lake).read(explain_table())
    with connect(postgres.dsn, "test", autocommit=True) as live:
        live.execute("insert into market.exchange_fees values ('*', 20) on conflict do nothing")
        for row in silver.where("offset in (0, 3, 4)").collect():
            live.execute(
                "insert into market.markets (exchange_id, base_id, quote_id, price_usd, "
                "volume_usd_24hr, updated, polled_at, snapshot_id, distrust, value_md5) "
                "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [row.exchange_id, row.base_id, row.quote_id, row.price_usd, row.volume_usd_24hr,
                 row.updated, row.polled_at, row.snapshot_id, row.distrust, row.value_md5],
            )  # fmt: skip
        refresh_spreads(live)
    lines = said(capsys, lake, "live_spread", "bitcoin", "--postgres", postgres.dsn)
    assert verdicts(lines) == {4: "bid", 0: "ask", 3: "official_fx", 8: "copy"}
    said(capsys, lake, "live_spread", "xrp", "--postgres", postgres.dsn, code=1)


def explain_table():
    return command.SILVER["market"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing", "bitcoin"], "no mart 'nothing' can be explained; there are asset_candles_1d"),
        (["asset_candles_1h", "bitcoin"], "has a period: give --start"),
        (["market_candles_1h", "bitcoin"], "takes exchange_id base_id quote_id, not bitcoin"),
        (["live_spread", "bitcoin"], "give --postgres"),
    ],
)
def test_what_cannot_be_explained_is_said_in_one_line(arguments, message, capsys, monkeypatch):
    monkeypatch.delenv("COINCAP_POSTGRES_DSN", raising=False)
    with pytest.raises(SystemExit):
        command.main([*arguments, "--lake", "unused"])
    assert message in capsys.readouterr().err


def test_every_explained_mart_is_a_model_and_says_what_computes_it():
    root = Path(__file__).resolve().parents[2]
    models = {path.stem for path in (root / "dbt" / "models").rglob("*.sql")}
    rows = explain.seed("figures")
    assert len(rows) > 15
    for row in rows:
        assert row["mart"] in models
        place = root if row["computed_by"].startswith("dbt/") else root / "dataproc_jobs"
        assert (place / row["computed_by"]).is_file(), row["computed_by"]

"""The demo as a user runs it: once on the simulator, once on the captures."""

import gzip
import json
import os
import re
import subprocess
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="session")
def simulated(tmp_path_factory, demo):
    folder = tmp_path_factory.mktemp("demo") / "data"
    minutes = os.environ.get("COINCAP_DEMO_MINUTES", "5")
    done = demo("--data-dir", folder, "--minutes", minutes)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder, done.stdout


def test_the_proof_holds_for_every_topic(simulated):
    folder, _ = simulated
    summary = json.loads((folder / "summary.json").read_text())
    topics = {each["topic"]: each for each in summary["topics"]}
    assert topics["coincap.markets"]["published"] > 10_000
    for each in topics.values():
        assert each["published"] == each["stored"] + each["dead_lettered"]
        assert not (each["missing"])
        assert not (each["duplicates"])
        assert not (each["wrong"])


def test_the_summary_says_what_the_issue_of_a_newcomer_is(simulated):
    _, text = simulated
    for word in ("completeness", "API p50 / p95", "age of the newest row", "commands typed",
                 "to the first chart", "peak memory", "Report:", "models", "tests"):  # fmt: skip
        assert word in text, word


def test_the_way_to_the_first_chart_is_noted_for_the_mart(simulated):
    folder, _ = simulated
    (file,) = (folder / "buckets" / "lake" / "state" / "first_charts").glob("*.json")
    record = json.loads(file.read_text())
    summary = json.loads((folder / "summary.json").read_text())
    assert record["commands"] == summary["commands"] == 1
    assert record["seconds"] == round(summary["seconds_to_first_chart"], 1) > 0


def test_nothing_is_left_running(simulated):
    folder, _ = simulated
    left = [p.info for p in psutil.process_iter(["pid", "cmdline"])
            if str(folder) in " ".join(p.info["cmdline"] or [])]  # fmt: skip
    assert not left
    assert not list((folder / "run").glob("*.json"))


def test_the_report_is_self_contained(simulated):
    folder, _ = simulated
    page = (folder / "report.html").read_text("utf-8")
    assert len(page) > 50_000
    assert "No asset has two trustworthy markets" not in page
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?:", page)


def test_the_replay_exports_the_capture_to_the_last_digit(replayed, captures):
    _, export = replayed
    markets = pq.read_table(export / "market" / "markets.parquet").to_pylist()
    sent = json.loads((captures / "markets.json").read_text())["data"]
    assert len(markets) == 2000
    texts = {(r["exchangeId"], r["baseId"], r["quoteId"]): r["priceQuote"] for r in sent}
    from coincap.numbers import to_decimal18

    for row in markets:
        text = texts[row["exchange_id"], row["base_id"], row["quote_id"]]
        assert row["price_quote"] == to_decimal18(text)
    for name, rows in (("rates", 192), ("exchanges", 100)):
        assert pq.read_metadata(export / "market" / f"{name}.parquet").num_rows == rows


def test_the_history_is_in_the_marts_as_candles(replayed, captures):
    import gzip

    _, export = replayed
    table = pq.read_table(export / "marts" / "asset_candles_1h.parquet")
    assert table.column_names[:2] == ["asset_id", "period_start"]
    rows = [r for r in table.to_pylist() if r["source"] == "history"]
    with gzip.open(captures / "history-h1.ndjson.gz", "rt") as lines:
        sent = [json.loads(line) for line in lines]
    assert len({r["asset_id"] for r in rows}) == 100
    # Hours for which we have polls of our own are not taken from history.
    own = [r for r in table.to_pylist() if r["source"] == "markets"]
    assert len(rows) >= len(sent) - len(own)
    prices = {(r["id"], r["time"]): r["priceUsd"] for r in sent}
    from coincap.numbers import to_decimal18

    for row in rows[:5000]:
        key = (row["asset_id"], round(row["period_start"].timestamp() * 1000))
        assert row["close"] == row["open"] == to_decimal18(prices[key])


def test_every_command_of_the_readme_is_one_that_runs_here(demo):
    commands = [line for block in re.findall(r"```sh\n(.*?)```", README, re.S)
                for line in block.splitlines()]  # fmt: skip
    assert len(commands) >= 7
    options = demo("--help").stdout
    for command in commands:
        program, *words = command.split()
        assert (ROOT / program).is_file(), command
        if program == "./local_stack/demo":
            for word in words:
                assert not word.startswith("--") or word in options, command


def test_the_readmes_captures_are_what_a_run_left_in_its_lake(tmp_path):
    """The loop of the README, on a lake as a run leaves it: its pages can be replayed."""
    (block,) = re.findall(r"```bash\n(.*?)```", README, re.S)
    *loop, demo_line = block.strip().splitlines()
    assert demo_line == "./local_stack/demo --replay build/captures"
    folder = tmp_path / "build/demo/buckets/lake/raw/rates/2024-10-17/rates-20241017T124000Z"
    folder.mkdir(parents=True)
    page = b'{"timestamp":1729168800000,"data":[{"id":"euro","symbol":"EUR","rateUsd":"1.08"}]}'
    (folder / "page-0001.json.gz").write_bytes(gzip.compress(page))
    subprocess.run(["bash", "-euc", "\n".join(loop)], cwd=tmp_path, check=True)
    from ingest import replay

    (found,) = replay.captures(tmp_path / "build" / "captures")
    assert (found.endpoint, found.at_ms, found.api_version) == ("rates", 1729168800000, "v3")
    assert found.path.read_bytes() == page

"""A stack that --keep left: every command, every page, the ready queries on dbt's own marts."""

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml
from google.cloud import bigquery

from embedded import export
from embedded.kept import kept
from embedded.places import RunFolder

ROOT = Path(__file__).resolve().parents[2]
QUERIES = sorted((ROOT / "local_stack" / "queries" / "bigquery").glob("*.sql"))
MAY_BE_EMPTY = {
    "05_completeness_by_day",  # the captures are no sweep of all that the exchanges claim
    "07_volatility",  # their history has every second hour, and no return spans a gap
    "09_stream_against_batch",  # no hour disagrees
    "11_correlation",  # of hourly returns, and there is none
    "15_peg_by_day",  # never three hours in a row
}
GIVEN = {"asset": "bitcoin", "at": "2021-10-28T00:00:00Z", "since": "2024-10-01"}
"""Parameters of the queries, by the days of the captures: assets of 2021, markets of 2024."""
SERVICES = yaml.safe_load((ROOT / "local_stack" / "docker-compose.yml").read_text())["services"]


@pytest.fixture(scope="module")
def stack(replayed):
    return kept(RunFolder(replayed[0]))


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def test_status_has_a_line_per_component_and_all_are_well(replayed, demo):
    done = demo("status", "--data-dir", replayed[0])
    assert done.returncode == 0, done.stdout
    said = [line for line in done.stdout.splitlines() if line.strip()]
    lines = {line.split()[0]: line for line in reversed(said)}
    for name in ("postgres", "kafka", "bigquery", "stream", "function-poll", "airflow-scheduler",
                 "airflow-api", "airflow-dags", "report"):  # fmt: skip
        assert re.search(r"\d+ MiB ok", lines[name]), lines[name]
    for name in ("report", "Airflow", "Spark"):
        assert re.search(rf"^{name} +http://127\.0\.0\.1:\d+$", done.stdout, re.M)


def test_the_report_airflow_and_spark_answer_without_a_login(stack):
    page = get(stack.pages["report"])
    assert f'<a href="{stack.pages["Airflow"]}">Airflow</a>' in page
    assert "Nothing lost, nothing doubled" in page
    assert get(f"{stack.pages['report']}/drawn") == re.search(r'data-drawn="([^"]+)"', page)[1]
    token = json.loads(get(f"{stack.pages['Airflow']}/auth/token"))["access_token"]
    request = urllib.request.Request(
        f"{stack.pages['Airflow']}/api/v2/dags", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        dags = {dag["dag_id"]: dag["is_paused"] for dag in json.load(answer)["dags"]}
    assert dags["market_batch"] is False
    assert dags["housekeeping"] is True
    assert json.loads(get(f"{stack.pages['Spark']}/api/v1/applications"))


def test_psql_bq_topics_and_logs_show_what_is_there(replayed, demo):
    data = ["--data-dir", replayed[0]]
    assert demo("psql", *data, "-Atc", "select count(*) from v1_latest_markets").stdout == "2000\n"
    done = demo("bq", "--csv", "select count(*) as n from marts.dim_assets", *data)
    header, count = done.stdout.split()
    assert header == "n"
    assert int(count) > 0
    assert "marts" in demo("bq", *data).stdout
    wrong = demo("bq", "selct 1", *data)
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)
    assert "Syntax error" in wrong.stderr
    listed = demo("topics", *data).stdout
    assert re.search(r"coincap\.markets +4 +2,000 +2,000 +0 +0", listed)
    shown = demo("topics", "coincap.rates", "--last", "1", *data).stdout
    assert '"rateUsd"' in shown
    assert "snapshot_id=rates-" in shown
    assert "no topic 'rates'" in demo("topics", "rates", *data).stderr
    assert demo("logs", "stream", "-n", "1", *data).returncode == 0


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_ready_query_answers_on_marts_that_dbt_built(path, stack):
    text = path.read_text("utf-8")
    given = [
        bigquery.ScalarQueryParameter(name, "STRING", value)
        for name, value in GIVEN.items()
        if f"@{name}" in text
    ]
    config = bigquery.QueryJobConfig(query_parameters=given)
    client = export.warehouse(stack.warehouse, "coincap-local")
    found = list(client.query(text, job_config=config, retry=None, job_retry=None).result())
    assert found or path.stem in MAY_BE_EMPTY
    assert all(any(value is not None for value in row.values()) for row in found)


@pytest.mark.parametrize(
    ("service", "container_port", "page"),
    [("airflow-api-server", "8080", "Airflow"), ("stream", "4040", "Spark")],
)
def test_a_healthcheck_of_compose_holds_for_the_embedded_component(
    stack, service, container_port, page
):
    python, dash_c, text = SERVICES[service]["healthcheck"]["test"][1:]
    assert (python, dash_c) == ("python", "-c")
    for port, code in ((stack.pages[page].rpartition(":")[2], 0), ("1", 1)):
        assert f":{container_port}/" in text
        words = [sys.executable, "-c", text.replace(f":{container_port}/", f":{port}/")]
        assert subprocess.run(words, capture_output=True).returncode == code


def test_stop_ends_everything_and_a_second_one_finds_nothing(replayed, demo):
    data = ["--data-dir", replayed[0]]
    done = demo("stop", *data)
    assert done.returncode == 0
    for name in ("postgres", "kafka", "airflow-scheduler", "report"):
        assert name in done.stdout
    assert "nothing was running" in demo("stop", *data).stdout
    assert demo("status", *data).returncode == 1

"""Whether a component of a kept stack works, and how far behind it is; one text each."""

import re
import socket
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import psycopg

from embedded import airflow_services
from embedded.bigquery import PROJECT
from embedded.kept import Kept
from embedded.lag import end_offsets, lag
from embedded.places import RunFolder

OK = "ok"
PATIENCE_S = 10
"""So long a page is waited for."""
_SERVICES = {"airflow-scheduler": "scheduler", "airflow-dags": "dag_processor"}


def health(name: str, address: str, kept: Kept) -> tuple[str, str]:
    """Return ``ok``, ``silent`` or Airflow's own word, and why; it takes at most ten seconds."""
    try:
        word = _probe(name, address, kept)
    except Exception as error:
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        return "silent", reason[0][:200]
    return word, "" if word == OK else f"Airflow calls it {word}"


def _probe(name: str, address: str, kept: Kept) -> str:
    if name == "postgres":
        with psycopg.connect(kept.dsn, connect_timeout=3) as database:
            database.execute("select 1")
    elif name == "kafka":
        host, port = address.rsplit(":", 1)
        socket.create_connection((host, int(port)), 3).close()
    elif name in _SERVICES:
        said = airflow_services.health(kept.pages["Airflow"])[_SERVICES[name]]["status"]
        return OK if said == "healthy" else str(said)
    elif name == "airflow-api":
        airflow_services.health(address)
    elif name == "bigquery":
        _get(f"{address}/bigquery/v2/projects/{PROJECT}/datasets")
    elif name == "simulator":
        _get(f"{address.removesuffix('/v3')}/_sim/state")
    elif name == "stream":
        _get(f"{address}/api/v1/applications")
    elif name == "report":
        _get(f"{address}/health")
    elif address:
        _get(address, any_status=True)
    return OK


def _get(url: str, any_status: bool = False) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        if any_status:
            return b""
        raise OSError((error.read().decode() or str(error))[:200]) from None


def behind(name: str, address: str, kept: Kept, folder: RunFolder) -> str:
    """Return how far behind a component is, as people say it; empty where that means nothing."""
    tell: dict[str, Callable[[], str]] = {
        "stream": lambda: _stream(kept),
        "poller": lambda: _polls(kept.dsn),
        "airflow-scheduler": lambda: _batch(folder),
        "report": lambda: f"drawn {_get(f'{address}/health').decode()[11:19]}",
    }
    try:
        return tell[name]() if name in tell else ""
    except Exception:
        return ""


def _stream(kept: Kept) -> str:
    ends = end_offsets(kept.bootstrap)
    serve, archive = (lag(kept.dsn, ends, query) for query in ("serve", "archive"))
    return f"serve {serve:,}, archive {archive:,}"


def _polls(dsn: str) -> str:
    with psycopg.connect(dsn, connect_timeout=3) as database:
        (newest,) = database.execute("select max(polled_at) from market.polls").fetchone()
    return f"polled {ago(newest)}" if newest else "no poll yet"


def _ask_airflow(folder: RunFolder, sql: str) -> tuple | None:
    file = folder.root / "airflow" / "airflow.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=3)) as database:
        return database.execute(sql).fetchone()


def task_running(folder: RunFolder) -> str:
    """Return the DAG of which a task runs now; empty where none does."""
    found = _ask_airflow(folder, "select dag_id from task_instance where state = 'running'")
    return found[0] if found else ""


def _batch(folder: RunFolder) -> str:
    """Return what the newest run of market_batch did, or that a task runs."""
    if dag := task_running(folder):
        return f"{dag} runs"
    newest = _ask_airflow(
        folder,
        "select state, end_date from dag_run where dag_id = 'market_batch' and end_date is not "
        "null order by end_date desc limit 1",
    )
    if not newest:
        return "no batch yet"
    return f"batch {newest[0]} {ago(datetime.fromisoformat(newest[1]).replace(tzinfo=UTC))}"


def ago(moment: datetime) -> str:
    """Return a moment's distance from now: 40 s ago, 12 min ago, 3 h ago."""
    seconds = max(0, (datetime.now(UTC) - moment).total_seconds())
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def slept(folder: RunFolder) -> str:
    """Return the poller's last line about a jump of the clock, empty where there was none."""
    log = folder.logs / "poller.log"
    text = log.read_text("utf-8", "replace") if log.exists() else ""
    found = re.findall(r"^the clock jumped.*$", text, re.M)
    return found[-1] if found else ""

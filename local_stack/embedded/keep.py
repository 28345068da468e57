"""A kept stack: what goes on after the first run, so that one can live with it."""

import os
import sys
from datetime import UTC, datetime

from embedded import cost
from embedded.airflow_services import start_airflow
from embedded.bigquery import PROJECT
from embedded.coincap_api import set_clock
from embedded.flow import Demo
from embedded.identity import boot
from embedded.kept import Kept
from embedded.places import REPOSITORY, RunFolder
from embedded.processes import Supervisor, free_port

LOCAL = REPOSITORY / "local_stack"
_PATH = os.pathsep.join([str(LOCAL), str(REPOSITORY / "functions")])


def begin(folder: RunFolder) -> Kept:
    """Note that a stack is about to start, so that one cut off half way is known as such."""
    begun = Kept(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", boot())
    begun.save(folder)
    return begun


def go_on(demo: Demo, begun: Kept) -> Kept:
    """Start what polls, draws and schedules from now on; return where everything is."""
    supervisor = demo.supervisor
    with demo.stages.stage("kept", total=3) as stage:
        airflow = start_airflow(supervisor, demo.parts.dag_env)
        pages = {"Airflow": airflow, "Spark": demo.parts.stream.address}
        stage.done(1)
        if not demo.options.replay:
            start_poller(supervisor, demo)
        stage.done(2)
        pages = {"report": start_report(supervisor, demo, pages)} | pages
    found = Kept(
        begun.began,
        begun.booted,
        True,
        demo.parts.dsn,
        demo.parts.bootstrap,
        demo.parts.warehouse,
        pages,
        [component.name for component in supervisor.components],
    )
    found.save(supervisor.folder)
    return found


def start_poller(supervisor: Supervisor, demo: Demo) -> None:
    """Poll on: the simulator by the cadence of the first run, the live API by a paid plan."""
    live = bool(demo.options.api_key)
    if not live:
        set_clock(demo.parts.api, datetime.now(UTC), running=True)
    supervisor.start(
        "poller",
        [sys.executable, str(LOCAL / "images" / "poller.py")],
        env={
            "PYTHONPATH": _PATH,
            "COINCAP_FUNCTIONS_URL": demo.parts.poll,
            "COINCAP_API_URL": demo.parts.api,
            "COINCAP_PLAN": cost.live_plan() if live else "demo",
        },
    )


def start_report(supervisor: Supervisor, demo: Demo, links: dict[str, str]) -> str:
    """Serve the report, drawn anew as data arrives; return its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    root = supervisor.folder.root
    command = [sys.executable, "-m", "report.live", "--port", str(port), "--dsn", demo.parts.dsn]
    command += [
        "--bigquery",
        demo.parts.warehouse,
        "--project",
        PROJECT,
        "--out",
        str(root / "live.html"),
    ]
    command += ["--summary", str(root / "summary.json")]
    for name, url in links.items():
        command += ["--link", name, url]
    component = supervisor.start("report", command, env={"PYTHONPATH": _PATH}, address=address)
    supervisor.wait_ready(component, lambda: bool(_answer(f"{address}/drawn")))
    return address


def _answer(url: str) -> str:
    import urllib.request

    with urllib.request.urlopen(url, timeout=2) as answer:
        return answer.read().decode()

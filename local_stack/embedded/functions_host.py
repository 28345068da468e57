"""The Cloud Functions on this machine: functions-framework serves the same entry points."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from http.client import HTTPException

from embedded.environments import program, python
from embedded.errors import StackError
from embedded.places import REPOSITORY
from embedded.processes import Component, Supervisor, free_port

_PLAY = """
import json, sys
from ingest.play import play
from ingest.publish import open_publisher
from ingest.lake import open_lake
from ingest.replay import ReplayUnreadable
from ingest.settings import Settings
settings = Settings.from_env()
publisher = open_publisher(settings)
try:
    for summary in play(sys.argv[1], settings, publisher, open_lake(settings.lake)):
        print(json.dumps(summary, default=str), flush=True)
except ReplayUnreadable as error:
    sys.exit(str(error))
finally:
    publisher.close()
"""


def function_environment(
    lake: str, bootstrap: str, api_url: str, api_key: str | None, polled_at: str
) -> dict[str, str]:
    """Return the environment of the functions, as Terraform sets it on Google Cloud."""
    return {
        "COINCAP_TARGET": "local",
        "COINCAP_LAKE": lake,
        "COINCAP_PUBLISHER": "kafka",
        "COINCAP_KAFKA_BOOTSTRAP": bootstrap,
        "COINCAP_API_URL": api_url,
        "COINCAP_POLLED_AT": polled_at,
        "COINCAP_API_KEY": api_key or "",
        "PYTHONPATH": str(REPOSITORY / "functions"),
    }


def start_function(supervisor: Supervisor, target: str, env: dict[str, str]) -> Component:
    """Serve one entry point of functions/main.py; its address takes POST requests."""
    port = free_port()
    component = supervisor.start(
        f"function-{target}",
        [
            program("functions", "functions-framework"),
            "--target",
            target,
            "--source",
            str(REPOSITORY / "functions" / "main.py"),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ],
        env=env,
        address=f"http://127.0.0.1:{port}",
    )
    supervisor.wait_ready(component, lambda: _listens(component.address))
    return component


def call(address: str, body: dict, seconds: float = 540) -> dict:
    """Call an entry point as Cloud Scheduler does; return its JSON.

    Raises StackError with the function's own line where it answers an error, and where it does
    not answer, or in something else than JSON (the framework's own page for an error).
    """
    request = urllib.request.Request(
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=seconds) as reply:
            status, text = reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read()
    except (OSError, HTTPException) as error:
        raise StackError(f"the function at {address} does not answer: {error}") from None
    try:
        answer = json.loads(text or b"{}")
    except ValueError:
        plain = " ".join(re.sub(r"<[^>]*>", " ", text.decode("utf-8", "replace")).split())
        raise StackError(f"the function answered {status}: {plain[:200]}") from None
    if status < 400 or "sweeps" in answer:
        return answer
    raise StackError(f"the function answered {status}: {answer.get('error')}")


def replay(folder: str, env: dict[str, str]) -> list[dict]:
    """Play captured answers through the functions' code; return a summary per file.

    Raises StackError naming the file that cannot be read.
    """
    done = subprocess.run(
        [python("functions"), "-c", _PLAY, folder],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise StackError(f"--replay {folder}: {lines[-1]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def _listens(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=2)
    except urllib.error.HTTPError:
        return True
    return True

"""Where the compose stack's files are, and what to do without a tool that checks them."""

import os
import shutil
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STACK = ROOT / "local_stack"
FILE = STACK / "docker-compose.yml"
IMAGES = STACK / "images"


def missing(tool: str, remedy: str):
    """Skip on a laptop; fail in CI, where everything must be checked."""
    text = f"{tool} is missing: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def program_in(name: str) -> str:
    """Return a program that a wheel installed beside this Python, or one on PATH."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    return found or missing(name, f"pip install {name}-bin or {name}-py")


def free_ports(number: int) -> list[int]:
    """Return loopback ports that nobody uses now."""
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def healthy(service: dict, container_port: str, live: str) -> bool:
    """Run a healthcheck in Python here, with the live port in place of the container's."""
    python, dash_c, text = service["healthcheck"]["test"][1:]
    assert python in ("python", "python3")
    assert dash_c == "-c"
    assert container_port in text
    words = [sys.executable, "-c", text.replace(container_port, live)]
    return not subprocess.run(words, capture_output=True, timeout=60, check=False).returncode


def settings(words: list[str]) -> dict[str, str]:
    """Return what a spark-submit command sets with --conf."""
    return dict(value.split("=", 1) for name, value in pairwise(words) if name == "--conf")

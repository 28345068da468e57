"""Where the compose stack's files are, and what to do without a tool that checks them."""

import os
import shutil
import socket
import sys
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

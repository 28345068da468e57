"""Fixtures of the simulator's tests."""

import json
import os
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in ("functions", "local_stack"):
    if str(ROOT / folder) not in sys.path:
        sys.path.insert(0, str(ROOT / folder))


@pytest.fixture(scope="session")
def captures() -> Path:
    """The captured responses beside the project, or under COINCAP_CAPTURES."""
    folder = Path(os.environ.get("COINCAP_CAPTURES", ROOT.parent / "shared/data/coincap"))
    if not folder.is_dir():
        pytest.skip(f"no captures at {folder}; set COINCAP_CAPTURES")
    return folder


@pytest.fixture
def get():
    """Ask a simulator; returns status and the parsed body."""

    def ask(simulator, path: str, **headers) -> tuple[int, dict]:
        request = urllib.request.Request(f"{simulator.address}/{path}", headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    return ask

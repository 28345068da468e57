"""Fixtures of the simulator's tests."""

import json
import urllib.request

import pytest


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

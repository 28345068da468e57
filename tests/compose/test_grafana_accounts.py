"""Grafana's start script makes the account `viewer` once, against a stand-in of Grafana's API.

No Grafana can be installed here: the stand-in answers as its HTTP API is documented.
"""

import base64
import json
import os
import shutil
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from stack_files import IMAGES, missing

START = IMAGES / "grafana" / "start.sh"
ADMIN, VIEWER = "a" * 48, "b" * 48


class Grafana(BaseHTTPRequestHandler):
    """Health, look-up of an account, a new account; ``server.users`` holds what was made."""

    def answer(self, code: int, body: dict) -> None:
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def may(self) -> bool:
        wanted = base64.b64encode(f"admin:{ADMIN}".encode()).decode()
        return self.headers["Authorization"] == f"Basic {wanted}"

    def do_GET(self):
        parts = urlsplit(self.path)
        if parts.path == "/api/health":
            self.server.asked += 1
            return self.answer(503 if self.server.asked < 2 else 200, {})
        if parts.path != "/api/users/lookup" or not self.may():
            return self.answer(401, {"message": "Unauthorized"})
        login = parse_qs(parts.query)["loginOrEmail"][0]
        return self.answer(200 if login in self.server.users else 404, {})

    def do_POST(self):
        if self.path != "/api/admin/users" or not self.may():
            return self.answer(401, {"message": "Unauthorized"})
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.users[body["login"]] = body
        return self.answer(200, {"id": 2, "message": "User created"})

    def log_message(self, *_words):
        """Say nothing."""


@pytest.fixture
def grafana():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Grafana)
    server.users, server.asked = {}, 0
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def start(server, folder, admin=ADMIN) -> subprocess.CompletedProcess:
    """Run the script; in Grafana's place a program that ends when the account is dealt with."""
    if not shutil.which("wget"):
        missing("wget", "apt-get install wget; Grafana's image has it")
    (folder / "grafana").write_text(admin)
    (folder / "grafana_viewer").write_text(VIEWER)
    api = f"http://127.0.0.1:{server.server_port}"
    # The script's background part holds the pipe open, so that run() waits for it.
    return subprocess.run(
        ["/bin/sh", str(START), "true"], capture_output=True, text=True, timeout=30, check=False,
        env={"PATH": os.environ["PATH"], "COINCAP_SECRETS": str(folder), "COINCAP_GRAFANA": api},
    )  # fmt: skip


def test_the_viewer_is_made_once_with_the_password_of_the_first_start(grafana, tmp_path):
    first = start(grafana, tmp_path)
    assert (first.stdout, first.stderr) == ("account viewer: made\n", "")
    (made,) = grafana.users.values()
    assert (made["login"], made["password"], made["OrgId"]) == ("viewer", VIEWER, 1)
    assert "role" not in made, "a new account has the role that compose sets: Viewer"
    made["password"] = "changed by its owner"
    again = start(grafana, tmp_path)
    assert (again.stdout, again.stderr) == ("account viewer: there already\n", "")
    assert made["password"] == "changed by its owner"


def test_an_admin_whose_password_was_changed_is_told_what_to_do(grafana, tmp_path):
    done = start(grafana, tmp_path, admin="c" * 48)
    assert (
        done.stderr == "error: the account viewer could not be made: log in as admin and make it\n"
    )
    assert "c" * 48 not in done.stdout + done.stderr
    assert grafana.users == {}

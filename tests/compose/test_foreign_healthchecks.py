"""Healthchecks of programs that cannot be had here: their words, run against a page like theirs.

Grafana answers /api/health with 200, and with 503 while its database is away; the console's
/actuator/health is Spring Boot's, 200 or 503.
"""

import shutil
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from stack_files import missing

PAGES = {"grafana": ("3000", "/api/health"), "kafka-console": ("8080", "/actuator/health")}


class Page(BaseHTTPRequestHandler):
    """One page that is well or not; every other is not there."""

    def do_GET(self):
        self.send_response(self.server.code if self.path == self.server.page else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words):
        """Say nothing."""


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.mark.parametrize("name", PAGES)
def test_it_holds_while_the_page_says_so_and_only_then(name, services, server):
    if not shutil.which("wget"):
        missing("wget", "apt-get install wget; both images have it")
    port, server.page = PAGES[name]
    kind, *words = services[name]["healthcheck"]["test"]
    assert (kind, words[0]) == ("CMD", "wget")
    address = f"http://127.0.0.1:{port}{server.page}"
    assert address in words
    here = address.replace(f":{port}/", f":{server.server_port}/")
    command = [here if word == address else word for word in words]

    def code() -> int:
        return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode

    server.code = 503
    assert code() != 0
    server.code = 200
    assert code() == 0

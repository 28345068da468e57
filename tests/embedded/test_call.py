"""Calling a function: whatever comes back, an answer or one line."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from embedded.errors import StackError
from embedded.functions_host import call

FLASKS_PAGE = b"""<!doctype html>
<html lang=en>
<title>500 Internal Server Error</title>
<h1>Internal Server Error</h1>
<p>The server encountered an internal error.</p>
"""


@contextmanager
def answering(status: int, body: bytes, length: int | None = None):
    """Serve one answer to every POST; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(length or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "length", "said"),
    [
        (500, FLASKS_PAGE, None, "answered 500: 500 Internal Server Error Internal Server Error"),
        (200, b"it works", None, "answered 200: it works"),
        (400, b'{"error": "no such endpoint"}', None, "answered 400: no such endpoint"),
        (200, b"{", 50, "does not answer: IncompleteRead"),
    ],
)
def test_an_answer_that_is_none_is_one_line(status, body, length, said):
    with answering(status, body, length) as address, pytest.raises(StackError) as raised:
        call(address, {})
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_nobody_there_is_one_line():
    with pytest.raises(StackError, match=r"http://127\.0\.0\.1:1 does not answer: .*refused"):
        call("http://127.0.0.1:1", {})


def test_sweeps_that_failed_are_an_answer():
    with answering(500, b'{"sweeps": [{"status": "failed"}]}') as address:
        assert call(address, {})["sweeps"] == [{"status": "failed"}]


def test_the_poller_goes_on_after_a_page_for_an_error(capsys):
    import sys
    from pathlib import Path

    sys.path.append(str(Path(__file__).resolve().parents[2] / "local_stack" / "images"))
    import poller

    with answering(500, FLASKS_PAGE) as address:
        poller.tick(address, poller.jobs("everything"), datetime.now(UTC))
    assert len(capsys.readouterr().err.splitlines()) == 4

"""``python -m report.live``: the report on loopback, drawn anew as data arrives.

A page that is open asks every few seconds whether there is a newer drawing and takes it in
without losing its place. Nothing is drawn while nobody looks.
"""

import json
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import psycopg

from report.render import render

WATCHED_S = 60
"""So long after the last question of a page, somebody is taken to look."""
NEWEST = """
select
    (select max(polled_at) from market.polls),
    (select max(finished_at) from market.stream_progress)
"""


@dataclass
class Drawing:
    """The newest page, when it was drawn (UTC) and of which data; ``problem`` where it failed."""

    page: bytes = b""
    drawn: str = ""
    problem: str = ""
    newest: tuple = ()
    asked: float = field(default_factory=time.monotonic)

    @property
    def watched(self) -> bool:
        """Whether somebody looks."""
        return time.monotonic() - self.asked < WATCHED_S


def redraw(drawing: Drawing, draw, newest) -> bool:
    """Draw again where data came since the last drawing; return whether it did.

    ``draw()`` returns the page's bytes, ``newest()`` stands for the data. A database that does
    not answer, or not as expected, or a disk that is full, is a problem of the moment: the page
    before stays.
    """
    try:
        found = newest()
        if drawing.page and found == drawing.newest and not drawing.problem:
            return False
        drawing.page, drawing.newest = draw(), found
    except (psycopg.Error, OSError) as error:
        drawing.problem = (str(error).strip() or type(error).__name__).splitlines()[0]
        return False
    drawing.drawn, drawing.problem = _drawn(drawing.page), ""
    return True


def _drawn(page: bytes) -> str:
    """Return when a page says it was drawn."""
    return page.partition(b'data-drawn="')[2].partition(b'"')[0].decode()


class Handler(BaseHTTPRequestHandler):
    """``/``: the page; ``/drawn``: when it was drawn, or 503 and why it could not be.

    ``/health`` says the same, but whoever asks there is no reader.
    """

    drawing: Drawing

    def __init__(self, drawing: Drawing, *args):
        self.drawing = drawing
        super().__init__(*args)

    def do_GET(self) -> None:
        """Answer."""
        drawing, path = self.drawing, self.path.partition("?")[0]
        if path != "/health":
            drawing.asked = time.monotonic()
        if path == "/" and drawing.page:
            return self._send(200, "text/html", drawing.page)
        if path not in ("/", "/drawn", "/health"):
            return self._send(404, "text/plain", b"the report is at /\n")
        wrong = drawing.problem or ("" if drawing.page else "not drawn yet")
        return self._send(503 if wrong else 200, "text/plain", (wrong or drawing.drawn).encode())

    def log_message(self, *_args) -> None:
        """Say nothing: a page asks every few seconds."""

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def _newest(dsn: str) -> tuple:
    with psycopg.connect(dsn, connect_timeout=5) as db:
        return db.execute(NEWEST).fetchone()


@click.command()
@click.option("--dsn", required=True, help="PostgreSQL connection string of the database coincap.")
@click.option("--bigquery", default=None, help="Address of the BigQuery emulator; omit for none.")
@click.option("--project", default="coincap-local", show_default=True, help="BigQuery project.")
@click.option("--summary", type=click.Path(path_type=Path), help="summary.json of the first run.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File of the page.")
@click.option("--port", type=int, required=True, help="Port on 127.0.0.1.")
@click.option("--every", default=10.0, show_default=True, help="Least seconds between drawings.")
@click.option("--link", "links", type=(str, str), multiple=True, help="NAME URL to show on top.")
def main(dsn, bigquery, project, summary, out, port, every, links) -> None:
    """Serve the report until SIGTERM."""
    facts = json.loads(summary.read_text("utf-8")) if summary and summary.exists() else None
    drawing = Drawing()

    def draw() -> bytes:
        made = render(
            dsn, out, bigquery=bigquery, project=project, summary=facts, links=dict(links)
        )
        for problem in made.problems:
            print(problem, file=sys.stderr, flush=True)
        return made.path.read_bytes()

    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, drawing))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while not stop.is_set():
        if drawing.watched:
            redraw(drawing, draw, lambda: _newest(dsn))
        stop.wait(every)


if __name__ == "__main__":
    main()

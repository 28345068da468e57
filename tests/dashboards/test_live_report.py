"""The served report: drawn anew when data came, and honest when it cannot be."""

import threading
import urllib.error
import urllib.request
from functools import partial
from http.server import ThreadingHTTPServer

import psycopg
import pytest

from report import live, render

LINKS = {"Airflow": "http://127.0.0.1:8080", 'a"b': "http://127.0.0.1:1/?a&b"}


@pytest.fixture
def served():
    drawing = live.Drawing()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(live.Handler, drawing))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield drawing, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def page(number):
    return lambda: f'<html data-drawn="2026-01-01 12:00:0{number} UTC">'.encode()


def test_it_is_drawn_only_when_data_came():
    drawing = live.Drawing()
    assert live.redraw(drawing, page(1), lambda: ("poll 1",))
    assert not live.redraw(drawing, page(2), lambda: ("poll 1",))
    assert drawing.drawn == "2026-01-01 12:00:01 UTC"
    assert live.redraw(drawing, page(2), lambda: ("poll 2",))
    assert drawing.drawn == "2026-01-01 12:00:02 UTC"


def test_a_database_that_is_away_leaves_the_page_and_is_told(served):
    drawing, address = served
    assert get(f"{address}/") == (503, "not drawn yet")

    def away():
        raise psycopg.OperationalError("connection refused\nis it running?")

    live.redraw(drawing, page(1), lambda: (1,))
    live.redraw(drawing, page(2), away)
    assert get(f"{address}/drawn") == (503, "connection refused")
    assert get(f"{address}/") == (200, page(1)().decode())
    assert live.redraw(drawing, page(2), lambda: (1,))
    assert get(f"{address}/drawn") == (200, "2026-01-01 12:00:02 UTC")


def test_whoever_asks_for_its_health_does_not_make_it_draw(served):
    drawing, address = served
    drawing.asked = -live.WATCHED_S
    get(f"{address}/health")
    assert not drawing.watched
    get(f"{address}/drawn")
    assert drawing.watched
    assert get(f"{address}/passwd")[0] == 404


def test_the_served_page_names_when_it_was_drawn_and_links_the_other_pages(filled, tmp_path):
    made = render(filled, tmp_path / "r.html", links=LINKS)
    text = made.path.read_text("utf-8")
    drawn = text.partition('data-drawn="')[2].partition('"')[0]
    assert f"Drawn {drawn}" in text
    assert '<a href="http://127.0.0.1:8080">Airflow</a>' in text
    assert '<a href="http://127.0.0.1:1/?a&amp;b">a&quot;b</a>' in text
    assert text.count("<script>") == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (psycopg.errors.QueryCanceled("canceling statement"), "canceling statement"),
        (psycopg.errors.UndefinedTable(""), "UndefinedTable"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
    ],
)
def test_whatever_goes_wrong_with_a_drawing_the_page_before_stays(error, told):
    def failing():
        raise error

    drawing = live.Drawing()
    live.redraw(drawing, page(1), lambda: (1,))
    assert not live.redraw(drawing, failing, lambda: (2,))
    assert (drawing.page, drawing.problem) == (page(1)(), told)

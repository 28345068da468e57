"""Time series reach an endpoint that speaks Cloud Monitoring's REST form, and never hurt."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from coincap_jobs.lag import Beat, Lag
from coincap_jobs.monitoring import Monitoring, time_series

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BEAT = Beat(
    AT,
    [
        Lag("serve", "coincap.markets", AT, 0, AT, AT, 12.5),
        Lag("archive", "coincap.polls", AT, 7, None, None, None),
    ],
    {"serve": (800.0, 300.0)},
)


class Endpoint(ThreadingHTTPServer):
    """Answers timeSeries:create; ``status`` says how."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.requests = 200, []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, body))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b'{"error": {"message": "Permission\\n denied"}}')

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clock():
    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    return Clock()


def test_a_beat_is_one_request_of_gauges(endpoint, clock):
    monitoring = Monitoring("p", requests.Session(), endpoint.url, clock)
    assert monitoring.send(BEAT)
    ((path, body),) = endpoint.requests
    assert path == "/v3/projects/p/timeSeries"
    values = {}
    for series in body["timeSeries"]:
        assert (series["metricKind"], series["valueType"]) == ("GAUGE", "DOUBLE")
        assert series["resource"] == {"type": "global", "labels": {"project_id": "p"}}
        (point,) = series["points"]
        assert point["interval"] == {"endTime": "2026-01-02T03:04:05Z"}
        labels = series["metric"]["labels"]
        name = series["metric"]["type"].removeprefix("custom.googleapis.com/coincap/stream/")
        values[name, labels["query"], labels["topic"]] = point["value"]["doubleValue"]
    assert values == {
        ("lag_offsets", "serve", "coincap.markets"): 0.0,
        ("lag_seconds", "serve", "coincap.markets"): 0.0,
        ("rows_per_second", "serve", "coincap.markets"): 12.5,
        # No event of this topic is known yet: no lag in seconds is better than a wrong one.
        ("lag_offsets", "archive", "coincap.polls"): 7.0,
        ("batch_ms", "serve", "all"): 800.0,
        ("merge_ms", "serve", "all"): 300.0,
    }


def test_a_series_gets_one_point_in_ten_seconds(endpoint, clock):
    monitoring = Monitoring("p", requests.Session(), endpoint.url, clock)
    assert monitoring.send(BEAT)
    clock.now += 9
    assert not monitoring.send(BEAT)
    clock.now += 1
    assert monitoring.send(BEAT)
    assert len(endpoint.requests) == 2


def test_a_refusal_is_one_warning_and_a_longer_pause_each_time(endpoint, clock, caplog):
    endpoint.status = 403
    monitoring = Monitoring("p", requests.Session(), endpoint.url, clock)
    tried = []
    for _ in range(3000):
        before = len(endpoint.requests)
        assert not monitoring.send(BEAT)
        if len(endpoint.requests) > before:
            tried.append(clock.now - 100)
        clock.now += 1
    assert tried == [0, 20, 60, 140, 300, 620, 1220, 1820, 2420]
    (record,) = caplog.records
    assert record.getMessage().startswith("no metrics to Cloud Monitoring: 403")
    assert "\n" not in record.getMessage()
    endpoint.status = 200
    clock.now += 600
    assert monitoring.send(BEAT)
    assert caplog.records[-1].getMessage() == "metrics go to Cloud Monitoring again"


def test_an_endpoint_that_is_away_does_not_stop_the_stream(clock):
    monitoring = Monitoring("p", requests.Session(), "http://127.0.0.1:1", clock)
    assert not monitoring.send(BEAT)


def test_missing_credentials_do_not_stop_the_stream(clock, monkeypatch, tmp_path):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    assert not Monitoring("p", clock=clock).send(BEAT)


def test_a_request_has_no_more_series_than_the_api_takes(endpoint, clock):
    lags = [Lag("serve", f"t{n}", AT, 1, AT, AT, 1.0) for n in range(100)]
    assert len(time_series(Beat(AT, lags, {}), "p")) == 300
    assert Monitoring("p", requests.Session(), endpoint.url, clock).send(Beat(AT, lags, {}))
    assert [len(body["timeSeries"]) for _, body in endpoint.requests] == [200, 100]

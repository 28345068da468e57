"""HTTP around the API: envelope, key, quota, faults and the control paths under /_sim."""

import gzip
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from simulator.api import Api, ApiError
from simulator.clock import Clock, parse
from simulator.faults import Fault, Faults, spoil_rows
from simulator.quota import Quota

FAREWELL = (
    b'{"data":{"message":"We are deprecating this version of the CoinCap API on March 31, 2025. '
    b'Sign up for our new V3 API at https://pro.coincap.io/dashboard"},"timestamp":%d}'
)
HTML = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass
class Simulator:
    """What the handlers share; ``calls`` and ``malformed`` count what was asked and served,
    ``struck`` how often each fault was met."""

    apis: dict[str, Api]
    clock: Clock
    quota: Quota
    faults: Faults
    key: str | None = None
    compress: bool = False
    calls: int = 0
    malformed: int = 0
    struck: Counter = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def state(self) -> dict:
        """Return the counters and the simulated time in ms."""
        return {
            "now_ms": int(self.clock.now() * 1000),
            "calls": self.calls,
            "malformed": self.malformed,
            "struck": dict(self.struck),
            "credits": self.quota.spent,
        }


class Server(ThreadingHTTPServer):
    """A threaded server."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, simulator: Simulator, host: str, port: int):
        self.simulator = simulator
        super().__init__((host, port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Answer a path of the API or the state."""
        simulator, url = self.server.simulator, urlsplit(self.path)
        path = [part for part in url.path.split("/") if part]
        if path[:1] == ["_sim"]:
            self._send(200, _json(simulator.state()))
            return
        query = dict(parse_qsl(url.query))
        met = simulator.faults.strike(self.headers.get("X-Sim-Fault"))
        with simulator.lock:
            simulator.calls += 1
            simulator.struck.update(met.keys())
        status, body = self._answer(simulator, path, query, met)
        self._spoil_and_send(status, body, met)

    def do_POST(self) -> None:
        """Move the clock (``/_sim/clock``) or switch faults (``/_sim/faults``)."""
        simulator = self.server.simulator
        size = int(self.headers.get("Content-Length") or 0)
        try:
            content = json.loads(self.rfile.read(size) or b"{}")
            if self.path == "/_sim/clock":
                simulator.clock.set(parse(content["now"]), bool(content.get("running")))
            elif self.path == "/_sim/faults":
                simulator.faults.set(content)
            else:
                raise ValueError(f"no control path {self.path}")
        except (ValueError, KeyError, TypeError) as error:
            self._send(400, _json({"error": f"{type(error).__name__}: {error}"}))
        else:
            self._send(200, _json(simulator.state()))

    def log_message(self, *_args) -> None:
        """Stay silent: a request line may carry a key."""

    def _answer(self, simulator: Simulator, path, query, met) -> tuple[int, bytes]:
        now_s = simulator.clock.now()
        if "echo_key" in met:
            return 500, _json({"error": f"cannot serve {self.headers.get('Authorization')}"})
        early = _early(met, now_s)
        if early:
            return early
        if simulator.key and not self._has_key(simulator.key, query):
            return 401, _json({"error": "Unauthorized: missing or invalid API key"})
        refusal = simulator.quota.refusal(now_s)
        if refusal:
            return refusal[0], _json({"error": refusal[1]})
        try:
            api = simulator.apis.get(path[0]) if path else None
            if api is None:
                raise ApiError(404, f"no API at /{'/'.join(path)}; use /v3 or /v2")
            rows, is_list = api.data(path[1:], query, int(now_s))
        except ApiError as error:
            return error.status, _json({"error": error.message})
        rows, added = spoil_rows(rows, met)
        with simulator.lock:
            simulator.malformed += added
        data = b"[" + rows + b"]" if is_list and "data_object" not in met else rows or b"{}"
        if "data_object" in met:
            data = b'{"rows":[' + rows + b"]}"
        body = b'{"data":' + data + b',"timestamp":%d}' % int(now_s * 1000)
        simulator.quota.charge(now_s, len(body))
        return 200, body

    def _has_key(self, key: str, query: dict[str, str]) -> bool:
        return self.headers.get("Authorization") == f"Bearer {key}" or query.get("apiKey") == key

    def _spoil_and_send(self, status: int, body: bytes, met: dict[str, Fault]) -> None:
        if "latency" in met:
            time.sleep(met["latency"].seconds)
        if "timeout" in met:
            time.sleep(met["timeout"].seconds)
            self.close_connection = True
            return
        if "not_utf8" in met:
            body = body[: len(body) // 2] + b"\xff\xfe" + body[len(body) // 2 :]
        if "huge_body" in met:
            body = body[:-1] + b',"pad":"' + b"x" * (9 * 1024 * 1024) + b'"}'
        if "deep_body" in met:
            body = b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
        if "redirect" in met:
            self._send(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"})
            return
        self._send(status, body, cut="cut_body" in met)

    def _send(self, status: int, body: bytes, headers: dict | None = None, cut: bool = False):
        is_json = not body.startswith(b"<")
        extra = dict(headers or {})
        accepts = self.headers.get("Accept-Encoding", "")
        if self.server.simulator.compress and "gzip" in accepts and len(body) > 1000:
            body = gzip.compress(body, 1)
            extra["Content-Encoding"] = "gzip"
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if is_json else "text/html")
        self.send_header("Content-Length", str(len(body)))
        for name, value in extra.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) * 2 // 3] if cut else body)
        if cut:
            self.close_connection = True


def _early(met: dict[str, Fault], now_s: float) -> tuple[int, bytes] | None:
    """Return the answer of a fault that replaces CoinCap's whole answer."""
    answers = {
        "html": (200, HTML),
        "error_in_200": (200, _json({"error": "internal error", "timestamp": int(now_s * 1000)})),
        "server_error": (503, _json({"error": "service unavailable"})),
        "burst_429": (429, _json({"error": "per minute limit exceeded"})),
        "spent_429": (429, _json({"error": "usage limit exceeded"})),
        "spent_403": (403, _json({"error": "Forbidden: Monthly usage limit exceeded"})),
        "unauthorized": (401, _json({"error": "Unauthorized: missing or invalid API key"})),
        "farewell": (429, FAREWELL % int(now_s * 1000)),
    }
    return next((answers[name] for name in answers if name in met), None)


def _json(content: dict) -> bytes:
    return json.dumps(content).encode()

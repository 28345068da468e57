"""HTTP client for CoinCap: one connection pool, bounded bodies, every failure classified."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter

from ingest import log
from ingest.bounded import BoundedAdapter, within
from ingest.clock import now_ms
from ingest.envelope import Envelope, parse
from ingest.errors import (
    Burst,
    Final,
    IngestError,
    NotFound,
    Retryable,
    SpentMonth,
    one_line,
)
from ingest.settings import Settings

BURST_WAIT_S = 60.0
"""CoinCap's limit is per minute; waited where it does not say Retry-After."""


@dataclass(slots=True)
class Call:
    """One HTTP call as it went: what the poll facts say of it. Times in ms."""

    attempt: int
    status: int | None = None
    latency_ms: float | None = None
    size: int | None = None
    done_ms: int = 0
    error: str | None = None


@dataclass(slots=True)
class Answer:
    """A good answer: its body, its envelope and every call that it took."""

    path: str
    body: bytes
    envelope: Envelope
    calls: list[Call]


class _Key(requests.auth.AuthBase):
    """Sends the API key; as the session's auth it also keeps ~/.netrc out."""

    def __init__(self, key: str | None):
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class FetchFailed(IngestError):
    """No good answer; ``cause`` is the last error, ``calls`` what was tried."""

    def __init__(self, path: str, cause: IngestError, calls: list[Call]):
        super().__init__(f"{path}: {cause}")
        self.cause, self.calls = cause, calls


class Client:
    """Asks CoinCap for one call of a function: no try begins later than ``deadline_s`` after it
    was made, so that what it got is published before the platform ends the function.
    ``sleep`` (seconds) and ``clock`` (ms) can be replaced in tests.
    """

    def __init__(
        self,
        settings: Settings,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], int] = now_ms,
    ):
        self._settings, self._sleep, self._clock = settings, sleep, clock
        self._until = time.monotonic() + settings.deadline_s
        self._session = requests.Session()
        self._session.trust_env = not _is_loopback(settings.api_url)
        self._session.headers.update(
            {
                "Accept-Encoding": "gzip",
                "Accept": "application/json",
                "User-Agent": "coincap-pipeline",
            }
        )
        self._session.auth = _Key(settings.api_key)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, BoundedAdapter())

    def get(self, path: str, params: dict, single: bool = False) -> Answer:
        """Return the answer of one address; raises FetchFailed with all calls made.

        Retries what a retry may cure, with jitter; waits out the per-minute limit; stops at
        once for the rest, and before the first try where the time is over.
        """
        calls: list[Call] = []
        if self.is_late():
            late = Final(f"not asked: the {self._settings.deadline_s:g} s of this call are over")
            raise FetchFailed(path, late, calls)

        def stop(state: RetryCallState) -> bool:
            tried = state.attempt_number >= self._settings.attempts
            return tried or self.is_late(state.upcoming_sleep)

        retrying = Retrying(
            retry=retry_if_exception_type(Retryable),
            wait=_wait,
            stop=stop,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._once, path, params, single, calls)
        except IngestError as error:
            raise FetchFailed(path, error, calls) from error

    def is_late(self, in_s: float = 0.0) -> bool:
        """Return whether the time to begin a try is over, or will be in so many seconds."""
        return time.monotonic() + in_s > self._until

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _once(self, path: str, params: dict, single: bool, calls: list[Call]) -> Answer:
        call = Call(attempt=len(calls) + 1)
        calls.append(call)
        started = time.perf_counter()
        try:
            body, headers = self._read(path, params, call)
            call.size = len(body)
            call.latency_ms = round((time.perf_counter() - started) * 1000, 3)
            call.done_ms = self._clock()
            raise_for_status(call.status, body, headers)
            return Answer(path, body, parse(body, single), calls)
        except requests.RequestException as error:
            failure = Retryable(f"no answer: {self._line(type(error).__name__)}")
            raise self._noted(call, started, failure) from None
        except IngestError as error:
            raise self._noted(call, started, error) from None

    def _noted(self, call: Call, started: float, error: IngestError) -> IngestError:
        call.error = self._line(error)
        call.done_ms = call.done_ms or self._clock()
        call.latency_ms = call.latency_ms or round((time.perf_counter() - started) * 1000, 3)
        error.args = (call.error,)
        log.warning("call failed", attempt=call.attempt, status=call.status, error=call.error)
        return error

    def _read(self, path: str, params: dict, call: Call) -> tuple[bytes, dict]:
        limit = self._settings.max_body_bytes
        address = f"{self._settings.api_url}/{path}"
        with self._session.get(
            address,
            params=params,
            timeout=self._settings.timeout_s,
            stream=True,
            allow_redirects=False,
        ) as response:
            call.status = response.status_code
            body = bytearray()
            try:
                with within(self._settings.timeout_s, response.raw.shutdown):
                    for chunk in response.iter_content(65536):
                        body += chunk
                        if len(body) > limit:
                            raise Final(f"body larger than {limit} bytes; nothing of it was used")
            except TimeoutError:
                late = f"body not complete within {self._settings.timeout_s} s"
                raise Retryable(late) from None
            return bytes(body), dict(response.headers)

    def _line(self, text: object) -> str:
        return one_line(text, self._settings.api_key)


def _is_loopback(url: str) -> bool:
    """Return whether an address is this machine: no proxy of the environment is meant for it."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception()
    if isinstance(error, Burst):
        return error.wait_s
    return wait_exponential_jitter(multiplier=0.5, max=20, jitter=1)(state)


def raise_for_status(status: int, body: bytes, headers: dict) -> None:
    """Raise the error that a status and its body mean; return for 200.

    A 429 is the per-minute limit (wait) or a spent month (stop): only the body tells.
    """
    if status == 200:
        return
    message, is_json = _message(body)
    lower = message.lower()
    if status == 429:
        if "per minute" in lower or not is_json:
            raise Burst(f"429: {message}", _retry_after(headers))
        if is_json == "object":
            raise Final(f"429, the API is retired: {message}; use /v3")
        raise SpentMonth(f"429: {message}")
    if status == 403 and "limit exceeded" in lower:
        raise SpentMonth(f"403: {message}")
    if status in (401, 403):
        raise Final(f"{status}: {message}; check COINCAP_API_KEY")
    if status == 404:
        raise NotFound(f"404: {message}", permanent="history not found" in lower)
    if status >= 500 or status == 408:
        raise Retryable(f"{status}: {message}")
    raise Final(f"{status}: {message}")


def _message(body: bytes) -> tuple[str, str]:
    """Return an error body's message and how it came: ``error``, ``object`` (v2) or ``''``."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return one_line(body[:200].decode("utf-8", "replace")) or "empty body", ""
    if isinstance(content, dict):
        data = content.get("data")
        if isinstance(data, dict) and "message" in data:
            return one_line(data["message"]), "object"
        if "error" in content:
            return one_line(content["error"]), "error"
    return one_line(body[:200].decode("utf-8", "replace")), "other"


def _retry_after(headers: dict) -> float:
    text = next((v for k, v in headers.items() if k.lower() == "retry-after"), "")
    return min(float(text), 300.0) if text.isdecimal() else BURST_WAIT_S

"""The stream's figures as Cloud Monitoring time series, by one REST call every few seconds.

Not through google-cloud-monitoring: one POST of one form needs no client library more on
every node; google-auth, which BigQuery's client brings, signs it. Limits and form:
https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/create
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC

import google.auth
import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from coincap_jobs.lag import Beat

PREFIX = "custom.googleapis.com/coincap/stream"
_EVERY_S = 10
"""A point per series and 10 s; the API takes one per 5 s."""
_MOST_SERIES = 200
_LONGEST_PAUSE_S = 600
_SCOPE = "https://www.googleapis.com/auth/monitoring.write"
log = logging.getLogger("coincap.monitoring")


class Monitoring:
    """Sends beats to one project; a failure is one warning and a longer pause, never more."""

    def __init__(
        self,
        project: str,
        session: requests.Session | None = None,
        endpoint: str = "https://monitoring.googleapis.com",
        clock: Callable[[], float] = time.monotonic,
    ):
        self._project, self._session, self._clock = project, session, clock
        self._url = f"{endpoint}/v3/projects/{project}/timeSeries"
        self._next, self._failures = clock(), 0

    def send(self, beat: Beat) -> bool:
        """Write one point per series unless it is too early; return whether it was written."""
        if self._clock() < self._next:
            return False
        try:
            self._post(time_series(beat, self._project))
        except (requests.RequestException, GoogleAuthError) as error:
            self._failures += 1
            pause = min(_EVERY_S * 2**self._failures, _LONGEST_PAUSE_S)
            self._next = self._clock() + pause
            if self._failures == 1:
                log.warning("no metrics to Cloud Monitoring: %s; trying on", _line(error))
            return False
        if self._failures:
            log.warning("metrics go to Cloud Monitoring again")
        self._next, self._failures = self._clock() + _EVERY_S, 0
        return True

    def _post(self, series: list[dict]) -> None:
        if self._session is None:
            self._session = AuthorizedSession(google.auth.default(scopes=[_SCOPE])[0])
        for first in range(0, len(series), _MOST_SERIES):
            body = {"timeSeries": series[first : first + _MOST_SERIES]}
            answer = self._session.post(self._url, json=body, timeout=5)
            if not answer.ok:
                raise requests.HTTPError(f"{answer.status_code} {answer.text}", response=answer)


def time_series(beat: Beat, project: str) -> list[dict]:
    """Return a beat as gauges with the labels query and topic (``all`` for batch times)."""
    end = beat.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    values = []
    for lag in beat.lags:
        values.append(("lag_offsets", lag.query, lag.topic, lag.offsets))
        values.append(("lag_seconds", lag.query, lag.topic, lag.seconds))
        values.append(("rows_per_second", lag.query, lag.topic, lag.rows_per_s))
    for query, (batch_ms, merge_ms) in beat.batches.items():
        values.append(("batch_ms", query, "all", batch_ms))
        values.append(("merge_ms", query, "all", merge_ms))
    return [
        {
            "metric": {"type": f"{PREFIX}/{name}", "labels": {"query": query, "topic": topic}},
            "resource": {"type": "global", "labels": {"project_id": project}},
            "metricKind": "GAUGE",
            "valueType": "DOUBLE",
            "points": [{"interval": {"endTime": end}, "value": {"doubleValue": float(value)}}],
        }
        for name, query, topic, value in values
        if value is not None
    ]


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]

"""Entry points of the Cloud Functions: translate HTTP and delegate.

Each answers JSON. 200: done; 400: a request that cannot be met; 409: another worker has the
tick, call again after its lease in case it died; 429: credits spent, do not call again this
month; 502: CoinCap or the broker failed, the same call can be made again.
"""

import functions_framework
from flask import Request

from ingest import backfill as history
from ingest import log, redeliver, run
from ingest.errors import IngestError, OverBudget, Refused, SpentMonth, one_line
from ingest.settings import Settings

Response = tuple[dict, int]


@functions_framework.http
def poll(request: Request) -> Response:
    """Sweep ``{"endpoints": [...], "scheduled_at": "...Z"?, "scope": ...?, "again": bool?}``.

    Cloud Scheduler says in a header which tick it means, and its retries say the same: so a
    retry is the same tick.
    """
    tick = request.headers.get("X-CloudScheduler-ScheduleTime")

    def work(body: dict, settings: Settings) -> dict:
        return {"sweeps": run.poll_body({"scheduled_at": tick} | body, settings)}

    return _answer(request, work)


@functions_framework.http
def backfill(request: Request) -> Response:
    """Fetch history ``{"ids": [...]|null, "start": "...Z", "end": "...Z", "dry_run": bool}``."""
    return _answer(request, history.backfill_body)


@functions_framework.http
def replay_dead_letters(request: Request) -> Response:
    """Publish refused rows that now pass ``{"reason": ...?, "since": ...?, "until": ...?}``."""
    return _answer(request, redeliver.replay_body)


def _answer(request: Request, work) -> Response:
    settings = None
    try:
        settings = Settings.from_env()
        log.configure(settings.api_key)
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return {"error": "send a JSON object; functions/README.md shows each call's form"}, 400
        result = work(body, settings)
    except (IngestError, ValueError) as error:
        text = one_line(error, settings.api_key if settings else None, 600)
        log.error("call failed", error=text)
        return {"error": text}, _status(error)
    statuses = {item["status"] for item in result.get("sweeps", ())}
    for status, code in (("failed", 502), ("refused", 429), ("running elsewhere", 409)):
        if status in statuses:
            return result, code
    return result, 200


def _status(error: Exception) -> int:
    if isinstance(error, SpentMonth | OverBudget):
        return 429
    return 400 if isinstance(error, Refused | ValueError) else 502

"""The steps of a history backfill, as calls of the function that does them."""

from datetime import UTC, datetime

from airflow.exceptions import AirflowFailException

from coincap_dags import history
from coincap_dags.functions import call
from coincap_dags.warehouse import client


class TooExpensive(AirflowFailException):
    """The plan costs more credits than the run may spend; the message says both."""


class NotPossible(AirflowFailException):
    """The parameters do not say what to fetch; the message says what to give."""


def priced_plan(url: str, params: dict) -> list[dict]:
    """Return the ranges {id, start, end} that are missing and affordable.

    Raises TooExpensive where they would cost more than ``max_credits``.
    """
    plan = call("backfill", url, {"gaps": wanted_gaps(params), "dry_run": True})
    if plan["credits_expected"] > params["max_credits"]:
        raise TooExpensive(
            f"{plan['calls']} calls cost {plan['credits_expected']} credits, max_credits is "
            f"{params['max_credits']}: name fewer assets or hours, or raise max_credits"
        )
    return plan["missing"]


def wanted_gaps(params: dict) -> list[dict]:
    """Return what of the wanted hours and assets our own polls do not cover, as {id, start, end}.

    Raises NotPossible for a range that is none, or where neither ids are given nor assets known.
    """
    try:
        start, end = history.milliseconds(params["start"]), history.milliseconds(params["end"])
        ids = params["ids"] or history.assets(client())
    except (ValueError, history.NothingLoaded) as error:
        raise NotPossible(str(error)) from None
    if start >= end:
        raise NotPossible(f"start {params['start']} is not an hour before end {params['end']}")
    ours = history.polled(client(), start, end)
    return [
        {"id": asset_id, "start": _iso(low), "end": _iso(high)}
        for asset_id in ids
        for low, high in history.unpolled(start, end, ours.get(asset_id, []))
    ]


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def fetch_gaps(url: str, gaps: list[dict]) -> int:
    """Fetch the ranges until none is missing or no call makes progress; return hours landed."""
    landed, left = 0, gaps
    while left:
        answer = call("backfill", url, {"gaps": left})
        landed += answer["landed"]
        if len(answer["missing"]) >= len(left):
            break
        left = answer["missing"]
    return landed

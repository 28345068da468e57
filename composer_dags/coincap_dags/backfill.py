"""The steps of a history backfill, as calls of the function that does them."""

from airflow.exceptions import AirflowFailException

from coincap_dags.functions import call


class TooExpensive(AirflowFailException):
    """The plan costs more credits than the run may spend; the message says both."""


def priced_plan(url: str, params: dict) -> list[dict]:
    """Return the ranges {id, start, end} that are missing and affordable.

    Raises TooExpensive where they would cost more than ``max_credits``.
    """
    wanted = {name: params[name] for name in ("ids", "start", "end")}
    plan = call("backfill", url, {**wanted, "dry_run": True})
    if plan["credits_expected"] > params["max_credits"]:
        raise TooExpensive(
            f"{plan['calls']} calls cost {plan['credits_expected']} credits, max_credits is "
            f"{params['max_credits']}: name fewer assets or hours, or raise max_credits"
        )
    return plan["missing"]


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

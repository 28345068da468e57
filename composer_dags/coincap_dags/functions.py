"""Calls the Cloud Functions: with an identity token on Google Cloud, plainly on a laptop."""

import json
import logging
import urllib.error
import urllib.request

from airflow.exceptions import AirflowFailException

from coincap_dags.target import current

log = logging.getLogger(__name__)
TIMEOUT_S = 3600
"""A Cloud Function called over HTTP ends after an hour at the latest."""


REFUSED = (400, 429)
"""A request that cannot be met, or credits that are spent: a second try ends the same."""


class FunctionFailed(RuntimeError):
    """The function answered with an error; the message is the function's own line."""


class FunctionRefused(AirflowFailException):
    """The function will not do it, now or on a retry; the message is the function's own line."""


def call(name: str, url: str, body: dict) -> dict:
    """POST ``body`` to the function and return its answer.

    Raises FunctionFailed where no address is known, nobody answers, or the answer is an error;
    FunctionRefused, which Airflow does not retry, where another try would end the same.
    """
    if not url:
        raise FunctionFailed(f"no address of function {name}: set COINCAP_{name.upper()}_URL")
    headers = {"Content-Type": "application/json", **_identity(url)}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            result = json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read(2000).decode("utf-8", "replace")
        kind = FunctionRefused if error.code in REFUSED else FunctionFailed
        raise kind(f"{name} answered {error.code}: {text}") from None
    except urllib.error.URLError as error:
        raise FunctionFailed(f"{name} at {url} does not answer: {error.reason}") from None
    log.info("%s: %s", name, json.dumps({k: v for k, v in result.items() if k != "missing"}))
    return result


def _identity(url: str) -> dict[str, str]:
    if not current().on_gcp:
        return {}
    import google.auth.transport.requests
    from google.oauth2 import id_token

    token = id_token.fetch_id_token(google.auth.transport.requests.Request(), url)
    return {"Authorization": f"Bearer {token}"}

"""Starts connectors again that have failed: a Pub/Sub that was away for a moment ends them.

Kafka Connect itself never does; on Google Cloud Pub/Sub keeps its subscriptions.
https://kafka.apache.org/41/documentation.html#connect_rest
"""

import asyncio
import json
import sys
import urllib.request

EVERY_S = 30


def failed(connectors: dict) -> list[str]:
    """Return the connectors that failed, or a task of theirs, of ``/connectors?expand=status``."""
    return [
        name
        for name, each in connectors.items()
        for status in [each["status"]]
        if "FAILED" in {part["state"] for part in (status["connector"], *status["tasks"])}
    ]


def mend(rest: str) -> list[str]:
    """Start again what has failed of the worker at ``rest``; return the connectors' names."""
    with urllib.request.urlopen(f"{rest}/connectors?expand=status", timeout=10) as answer:
        names = failed(json.load(answer))
    for name in names:
        url = f"{rest}/connectors/{name}/restart?includeTasks=true&onlyFailed=true"
        urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10).close()
    return names


async def keep_mending(rest: str) -> None:
    """Mend now and then, for ever; a worker that does not answer yet is left alone."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            for name in await asyncio.to_thread(mend, rest):
                print(f"{name} had failed and is started again", file=sys.stderr, flush=True)
        except (OSError, ValueError) as error:
            print(f"Connect does not answer: {error}", file=sys.stderr, flush=True)

"""Create the Pub/Sub topics of topics.json, and the bridge's subscriptions, in the emulator.

    pubsub.py [--every SECONDS | --check]

``--every`` looks again for ever: an emulator that was started again has forgotten them.
``--check`` creates nothing; its exit code says whether all are there.
"""

import os
import sys
import time

from google.api_core.exceptions import AlreadyExists, GoogleAPICallError, RetryError
from google.cloud import pubsub_v1

from coincap.topics import topics

ACK_DEADLINE_S = 60
"""The connector does not extend a lease: with the default 10 s a stalled broker makes copies."""


PATIENCE_S = 5


def subscriptions(project: str) -> dict[str, str]:
    """Return the paths of the bridge's subscriptions, each with the path of its topic."""
    root = f"projects/{project}"
    return {
        f"{root}/subscriptions/{topic.name}.bridge": f"{root}/topics/{topic.name}"
        for topic in topics().values()
        if topic.route == "to_kafka"
    }


def make(project: str, publisher, subscriber) -> None:
    """Create what is missing."""
    for topic in topics().values():
        path = publisher.topic_path(project, topic.name)
        _unless_there(publisher.create_topic, {"name": path})
    for name, path in subscriptions(project).items():
        request = {
            "name": name,
            "topic": path,
            "ack_deadline_seconds": ACK_DEADLINE_S,
            "enable_message_ordering": True,
        }
        _unless_there(subscriber.create_subscription, request)


def all_there(project: str, subscriber) -> bool:
    """Return whether the emulator lists every subscription of the bridge."""
    listed = subscriber.list_subscriptions(
        request={"project": f"projects/{project}"}, timeout=PATIENCE_S, retry=None
    )
    return subscriptions(project).keys() <= {each.name for each in listed}


def _unless_there(create, request: dict) -> None:
    try:
        create(request=request, timeout=PATIENCE_S, retry=None)
    except AlreadyExists:
        return


def main(words: list[str]) -> int:
    """Create once, or for ever, or check; return the exit code."""
    project = os.environ["COINCAP_PROJECT"]
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    if words == ["--check"]:
        return 0 if all_there(project, subscriber) else 1
    make(project, publisher, subscriber)
    print(f"{len(topics())} topics are there", flush=True)
    while words[:1] == ["--every"]:
        time.sleep(float(words[1]))
        try:
            if not all_there(project, subscriber):
                make(project, publisher, subscriber)
                print("the topics were made again: the emulator was started anew", flush=True)
        except (GoogleAPICallError, RetryError) as error:
            print(f"Pub/Sub does not answer: {error}", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Create the Pub/Sub topics of topics.json, and the bridge's subscriptions, in the emulator."""

import os

from google.api_core.exceptions import AlreadyExists
from google.cloud import pubsub_v1

from coincap.topics import topics

ACK_DEADLINE_S = 60
"""The connector does not extend a lease: with the default 10 s a stalled broker makes copies."""


def main() -> None:
    """Create what is missing."""
    project = os.environ["COINCAP_PROJECT"]
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    for topic in topics().values():
        path = publisher.topic_path(project, topic.name)
        _unless_there(publisher.create_topic, {"name": path})
        if topic.route == "to_kafka":
            request = {
                "name": subscriber.subscription_path(project, f"{topic.name}.bridge"),
                "topic": path,
                "ack_deadline_seconds": ACK_DEADLINE_S,
                "enable_message_ordering": True,
            }
            _unless_there(subscriber.create_subscription, request)
    print(f"{len(topics())} topics are there")


def _unless_there(create, request: dict) -> None:
    try:
        create(request=request)
    except AlreadyExists:
        return


if __name__ == "__main__":
    main()

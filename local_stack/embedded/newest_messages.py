"""Prints the newest messages of a topic as JSON lines: BOOTSTRAP TOPIC NUMBER.

Runs in the functions' environment, whose client reads what the functions compressed.
"""

import json
import sys

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition


def newest(bootstrap: str, topic: str, number: int) -> list[Message]:
    """Return the newest messages over all partitions, by their time."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "look", "log_level": 0})
    try:
        known = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        wanted, places = 0, []
        for partition in known:
            place = TopicPartition(topic, partition)
            low, high = consumer.get_watermark_offsets(place, timeout=10)
            place.offset = max(low, high - number)
            wanted += high - place.offset
            places.append(place)
        consumer.assign(places)
        found = consumer.consume(wanted, timeout=10) if wanted else []
    finally:
        consumer.close()
    good = [message for message in found if not message.error()]
    return sorted(good, key=lambda message: message.timestamp()[1])[-number:]


def main() -> None:
    """Print them."""
    bootstrap, topic, number = sys.argv[1:]
    try:
        found = newest(bootstrap, topic, int(number))
    except KafkaException as error:
        sys.exit(
            f"component kafka does not answer: {error.args[0].str()}; see ./local_stack/demo status"
        )
    for message in found:
        headers = {name: (value or b"").decode() for name, value in message.headers() or []}
        facts = {
            "partition": message.partition(),
            "offset": message.offset(),
            "key": (message.key() or b"").decode("utf-8", "replace"),
            "headers": headers,
            "value": (message.value() or b"").decode("utf-8", "replace"),
        }
        print(json.dumps(facts))


if __name__ == "__main__":
    main()

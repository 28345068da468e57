"""Messages made by hand: copies, late ones, poison; published as the bridge would."""

import json
from collections import Counter
from datetime import datetime, timedelta

from chaos.check.log import EXPECT, LATER, SERVED, Message
from ingest.clock import iso
from ingest.publish_confluent import ConfluentPublisher

HUGE = b"x" * 10_000_000


def publish(bootstrap: str, messages: list[tuple], acknowledged: Counter) -> None:
    """Send (topic, key, value, headers) and wait for every acknowledgement."""
    from chaos.load import Recording

    publisher = Recording(ConfluentPublisher(bootstrap), acknowledged)
    try:
        for message in messages:
            publisher.publish(*message)
        publisher.flush()
    finally:
        publisher.close()


def copy(message: Message) -> tuple:
    """Return a message again, as a bridge that lost its place sends it."""
    return message.topic, message.key, message.value, message.headers


def sample_at(message: Message, moment: datetime, number: int, served: datetime | None) -> tuple:
    """Return a market's row of another poll: traded and polled at ``moment``, a price of its own.

    ``served``: the newest poll that the tables surely had before; None: nothing is sure.
    """
    row = {**message.row, "updated": _ms(moment), "priceUsd": f"1.{number:018d}"}
    polled_at = moment + timedelta(seconds=5)
    headers = {
        **message.headers,
        "polled_at": iso(_ms(polled_at)),
        "envelope_at": iso(_ms(polled_at)),
        "snapshot_id": f"markets-{polled_at:%Y%m%dT%H%M%SZ}-hand{number}",
    }
    headers.pop(SERVED, None)
    if served:
        headers[SERVED] = served.isoformat()
    return message.topic, message.key, json.dumps(row).encode(), headers


def refused_for_now(message: Message, moment: datetime, number: int) -> tuple:
    """Return a market's row that the job refuses while its strictness (``hooks``) is on."""
    topic, key, value, headers = sample_at(message, moment, number, None)
    value = json.dumps({**json.loads(value), "chaosLater": True}).encode()
    return topic, key, value, {**headers, EXPECT: "wrong_type|rank", LATER: "true"}


def poison(message: Message, number: int) -> list[tuple]:
    """Return messages that must be refused, each with the refusal it expects."""
    row = message.row

    def changed(**fields) -> bytes:
        return json.dumps({**row, **fields}).encode()

    bodies = {
        b"\xff\xfe{}": "text_not_storable|",
        message.value[:40] + b"\xc3\x28" + message.value[40:]: "text_not_storable|",
        b"[1, 2]": "not_an_object|",
        b"not json": "not_an_object|",
        b'{"a": ' + b"[" * 5000: "not_an_object|",
        message.value[:-20]: "not_an_object|",
        b"{}": "field_missing|exchangeId",
        HUGE: "too_long|",
        changed(priceUsd="NaN"): "not_a_number|priceUsd",
        changed(priceUsd="-1"): "negative|priceUsd",
        changed(priceUsd="1" * 21): "out_of_range|priceUsd",
        changed(rank="1.5"): "not_a_number|rank",
        changed(updated=99999999999999): "time_in_future|updated",
        changed(baseSymbol="a\u0000b"): "text_not_storable|baseSymbol",
        changed(exchangeId=None): "field_missing|exchangeId",
        changed(baseId={"a": 1}): "wrong_type|baseId",
    }
    return [
        (message.topic, message.key, value, _headers(message, f"poison{number}-{place}", expect))
        for place, (value, expect) in enumerate(bodies.items())
    ]


def odd_but_good(message: Message, number: int) -> list[tuple]:
    """Return rows that look dangerous and are good: a key twice, hostile texts."""
    doubled = message.value.replace(b'"rank":', b'"rank":"0","rank":', 1)
    hostile = {**message.row, "baseSymbol": "a\tb\\N\nc\r\\.'; drop table market.markets; --"}
    bodies = [doubled, json.dumps(hostile).encode()]
    return [
        (message.topic, message.key, value, _headers(message, f"odd{number}-{place}"))
        for place, value in enumerate(bodies)
    ]


def _headers(message: Message, scope: str, expect: str | None = None) -> dict[str, str]:
    headers = {**message.headers, "snapshot_id": f"{message.headers['snapshot_id']}-{scope}"}
    headers.pop(SERVED, None)
    return {**headers, EXPECT: expect} if expect else headers


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)

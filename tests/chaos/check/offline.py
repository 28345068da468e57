"""What the tables must hold, worked out from the messages alone, whatever their order.

- latest rows: the newest by (CoinCap's own time: ``updated``, of assets the envelope's;
  ``polled_at``, ``snapshot_id``, hash of the value);
- samples: one per (market, ``updated``) and (asset, envelope time), with the value of the
  lowest poll;
- refused messages: one dead letter per (topic, snapshot, key, value).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from chaos.check.log import SERVED, Message
from chaos.check.values import Trust, decimal18, moment, whole

WINDOW = timedelta(hours=24)
NEVER = datetime.min.replace(tzinfo=UTC)
LATEST = {
    "coincap.assets": ("assets", ("id",), None),
    "coincap.rates": ("rates", ("id",), None),
    "coincap.exchanges": ("exchanges", ("exchangeId",), "updated"),
    "coincap.markets": ("markets", ("exchangeId", "baseId", "quoteId"), "updated"),
}
"""Topic to table, identity and the field that dates a row."""


@dataclass
class Sample:
    """One sample: the value of its lowest poll, and what its lateness must have led to.

    ``certain``: in the window whatever came when; ``late``: behind it whatever came when;
    neither: it depends on when it came, and both outcomes are right.
    """

    price: Decimal
    weight: Decimal
    distrust: str | None
    polled_at: datetime
    snapshot_id: str
    md5: str
    certain: bool = False
    late: bool = False
    may_be_queued: bool = False

    @property
    def order(self) -> tuple:
        """What the lowest poll is the lowest by."""
        return self.polled_at, self.snapshot_id.encode(), self.md5


@dataclass
class Expected:
    """All that a checker needs; built by ``work_out``."""

    latest: dict[str, dict[tuple, Message]] = field(default_factory=dict)
    market_samples: dict[tuple, Sample] = field(default_factory=dict)
    asset_samples: dict[tuple, Sample] = field(default_factory=dict)
    facts: dict[str, dict[tuple, list[Message]]] = field(default_factory=dict)
    refused: dict[tuple, list[Message]] = field(default_factory=dict)
    replayed: set[str] = field(default_factory=set)
    accepted: Counter = field(default_factory=Counter)
    """Identities of good messages with how often Kafka holds each."""
    redelivered: int = 0

    @property
    def sampled_messages(self) -> int:
        """How many good messages belong to topics of samples; redelivered ones came without."""
        wanted = ("coincap.assets", "coincap.markets")
        sampled = sum(count for identity, count in self.accepted.items() if identity[0] in wanted)
        return sampled - self.redelivered


def work_out(messages: list[Message], trust: Trust) -> Expected:
    """Return what must be in the tables after these messages, in whatever order they came."""
    expected = Expected({topic: {} for topic in LATEST})
    expected.facts = {"polls": defaultdict(list), "dead_letters": defaultdict(list)}
    polls: dict[str, dict[tuple, list[Message]]] = defaultdict(lambda: defaultdict(list))
    newest: dict[str, datetime] = {}
    for message in messages:
        if message.refusal:
            expected.refused.setdefault(message.identity, []).append(message)
            if not message.redelivered:
                continue
            expected.replayed.add(message.letter)
            expected.redelivered += 1
        expected.accepted[message.identity] += 1
        topic, row = message.topic, message.row
        if "dead_letter_id" in message.headers:
            expected.replayed.add(message.headers["dead_letter_id"])
        if topic == "coincap.polls":
            key = (row["snapshotId"], row["kind"], int(row["page"]), int(row["attempt"]))
            expected.facts["polls"][key].append(message)
        elif topic == "coincap.dead-letter":
            expected.facts["dead_letters"][row["deadLetterId"],].append(message)
        else:
            polled_at = message.moment("polled_at")
            newest[topic] = max(newest.get(topic, polled_at), polled_at)
            _keep_latest(expected.latest[topic], message)
            _keep_poll(polls[topic], message)
    for topic, target in (
        ("coincap.markets", expected.market_samples),
        ("coincap.assets", expected.asset_samples),
    ):
        for key, seen in polls[topic].items():
            target[key] = _sample(key[-1], seen, newest[topic] - WINDOW, trust)
    return expected


def version(message: Message) -> tuple:
    """Return what orders the versions of one row, the weightiest first."""
    dated = LATEST[message.topic][2]
    at = moment(message.row.get(dated)) if dated else None
    if message.topic == "coincap.assets":
        at = message.moment("envelope_at")
    snapshot = message.headers["snapshot_id"].encode()
    return at or NEVER, message.moment("polled_at"), snapshot, message.md5


def _keep_latest(held: dict[tuple, Message], message: Message) -> None:
    key = tuple(message.row[name] for name in LATEST[message.topic][1])
    if key not in held or version(message) > version(held[key]):
        held[key] = message


def _keep_poll(polls: dict[tuple, list[Message]], message: Message) -> None:
    row = message.row
    if row.get("priceUsd") is None:
        return
    if message.topic == "coincap.markets" and moment(row["updated"]):
        key = (row["exchangeId"], row["baseId"], row["quoteId"], moment(row["updated"]))
        polls[key].append(message)
    elif message.topic == "coincap.assets":
        polls[row["id"], message.moment("envelope_at")].append(message)


def _sample(at: datetime, seen: list[Message], horizon: datetime, trust: Trust) -> Sample:
    first = min(
        seen, key=lambda m: (m.moment("polled_at"), m.headers["snapshot_id"].encode(), m.md5)
    )
    polled_at, market = first.moment("polled_at"), first.topic == "coincap.markets"
    served = [datetime.fromisoformat(m.headers[SERVED]) for m in seen if SERVED in m.headers]
    surely_newer = max([polled_at, *served]) if len(served) == len(seen) else polled_at
    return Sample(
        decimal18(first.row["priceUsd"]),
        whole(decimal18(first.row.get("volumeUsd24Hr"))) if market else Decimal(0),
        trust.distrust(first.row, polled_at) if market else None,
        polled_at,
        first.headers["snapshot_id"],
        first.md5,
        certain=at >= horizon,
        late=at < surely_newer - WINDOW,
        may_be_queued=at < horizon,
    )

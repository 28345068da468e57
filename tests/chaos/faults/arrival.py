"""Messages come twice, late, out of order, or from a clock that is wrong."""

from datetime import timedelta

from chaos import messages
from chaos.check.log import Message, read
from chaos.registry import fault

MARKETS = ("coincap.markets",)
NONE = "none is needed"


def _some(point, topics=("coincap.markets", "coincap.assets", "coincap.rates")) -> list[Message]:
    """Return what the topics hold, without what a fault made by hand."""
    point.wait_for("a poll", lambda: point.deployment.ends().keys() >= {("coincap.markets", 0)})
    found = read(point.deployment.bootstrap, topics)
    return [m for m in found if not m.refusal and "-hand" not in m.headers["snapshot_id"]]


def _send(point, made: list[tuple]) -> None:
    deployment = point.deployment
    messages.publish(deployment.bootstrap, made, deployment.acknowledged)


@fault("messages come again, within a batch and long after", NONE)
def duplicates(point):
    with point.loading():
        point.pause(1, 3)
        held = _some(point)
        again = [messages.copy(m) for m in point.rng.choices(held, k=600)]
        _send(point, again + again[:200])
    point.settle()
    every = ("coincap.exchanges", "coincap.polls", "coincap.dead-letter")
    again = [messages.copy(m) for m in read(point.deployment.bootstrap, every)[:300]]
    _send(point, again + [messages.copy(m) for m in point.rng.choices(held, k=300)])
    point.lifted()


@fault("polls of the last hours come after newer ones, in any order", NONE)
def out_of_order(point):
    with point.loading():
        point.pause(1, 3)
        markets = _some(point, MARKETS)
        now = point.deployment.load.now
        made = [
            messages.sample_at(m, now - timedelta(seconds=point.rng.randrange(5 * 3600)), n, None)
            for n, m in enumerate(point.rng.choices(markets, k=400), 1000 * point.deployment.points)
        ]
        _send(point, point.rng.sample(made, len(made)))
        point.lifted()


@fault("samples come after the window has closed over them", "their minutes are queued")
def very_late(point):
    point.deployment.load.poll(2)
    point.settle()
    markets = _some(point, MARKETS)
    served = max(m.moment("polled_at") for m in markets)
    with point.loading():
        made = [
            messages.sample_at(
                m, served - timedelta(hours=24, seconds=60 + point.rng.randrange(90_000)), n, served
            )
            for n, m in enumerate(point.rng.choices(markets, k=200), 1000 * point.deployment.points)
        ]
        _send(point, made)
        point.lifted()


@fault("a poller's clock is wrong by minutes, either way",
       "rows later than its clock allows are dead letters")  # fmt: skip
def clock_skew(point):
    """The poller dates its polls by its own clock, as on Google Cloud; the load's are right."""
    load = point.deployment.load
    wrong = load.through(load.settings.api_url, polled_at="clock")
    for number in range(6):
        behind = (number % 2) * 2 - 1
        wrong.finish(*load.next_tick(), behind * point.rng.randrange(1_200_000))
        load.poll(1)
    point.lifted()


@fault("bad UTF-8, 10 MB, deep nesting, cut JSON, keys twice, fields that are wrong",
       "each is one dead letter, the others go on")  # fmt: skip
def poison(point):
    with point.loading():
        point.pause(1, 3)
        made = []
        for number, message in enumerate(point.rng.choices(_some(point, MARKETS), k=3)):
            made += messages.poison(message, number)[number and 8 :]
            made += messages.odd_but_good(message, number)
        made += point.rng.choices(made, k=6)
        _send(point, point.rng.sample(made, len(made)))
        point.lifted()

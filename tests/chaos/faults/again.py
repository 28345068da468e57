"""A replay of everything under many restarts; and what Kafka no longer has."""

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from chaos.check.log import read
from chaos.job import REFUSED
from chaos.messages import copy, publish
from chaos.registry import fault

RESTARTS = 10


@fault("ten restarts in the middle of a replay of all messages", "it is started again")
def ten_restarts(point):
    deployment, load = point.deployment, point.deployment.load
    load.poll(6)
    topics = ("coincap.markets", "coincap.assets")
    held = [copy(m) for m in read(deployment.bootstrap, topics) if not m.redelivered]
    part = len(held) // RESTARTS + 1
    deployment.job.kill()
    for number in range(RESTARTS):
        publish(deployment.bootstrap, held[number * part : (number + 1) * part], load.acknowledged)
        deployment.job.start()
        served = deployment.query("select sum(next_offset) from market.stream_offsets")
        # Every other start is given the time to serve something, the others are cut short.
        if number % 2:
            point.pause(2, 7)
        else:
            query = "select sum(next_offset) from market.stream_offsets"
            point.wait_for("a batch", lambda q=query, s=served: deployment.query(q) != s, 120)
            point.pause(0, 2)
        deployment.job.kill()
    deployment.job.start()
    point.lifted()


@fault(
    "messages expire before they are served",
    "the job refuses and names the gap, which is accepted",
    fresh=True,
    spends=True,
    judged=False,
)
def retention_passed(point):
    """The one fault whose rows are lost by nature: asserted is that the job says so and stops."""
    deployment, load = point.deployment, point.deployment.load
    load.poll(2)
    point.settle()
    deployment.job.kill()
    load.poll(3)
    topic = "coincap.markets"
    ledger = deployment.query(
        "select partition_id, next_offset from market.stream_offsets where topic = %s", topic
    )
    admin = AdminClient({"bootstrap.servers": deployment.bootstrap})
    number, offset = point.rng.choice(ledger)
    gone = admin.delete_records([TopicPartition(topic, number, offset + 7)])
    next(iter(gone.values())).result()
    deployment.job.start()
    code = deployment.job.wait_end(300)
    line = deployment.job.last_line()
    if code != REFUSED or "7 messages expired" not in line:
        raise RuntimeError(f"the job did not refuse the gap: {code} {line}")
    point.notes.append(f"refused, cured by rewind {deployment.job.rewind()}")
    deployment.job.start()
    point.lifted()
    point.wait_for("a batch after the gap", lambda: deployment.served() == deployment.ends(), 240)

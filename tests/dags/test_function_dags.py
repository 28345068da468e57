"""The DAGs that call the functions, run by Airflow: backfill of history, dead letters again."""

import gzip
import hashlib
import json
import re
import urllib.request

import orjson
import pytest
from kafka import KafkaConsumer, TopicPartition

from coincap.numbers import to_decimal18
from embedded.functions_host import call
from simulator.local import running

pytestmark = pytest.mark.slow
NOW = "2024-10-17T12:40:00Z"
RANGE = {"start": "2024-10-01T00:00:00Z", "end": "2024-10-03T00:00:00Z"}


@pytest.fixture(scope="module")
def simulator():
    with running("--assets", "300", "--markets", "2600", "--now", NOW, "--frozen") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def served(stack, kafka, simulator):
    names = ("poll", "backfill", "replay_dead_letters")
    stack.serve(names, kafka.bootstrap, simulator.url, COINCAP_CREDITS_PER_MONTH="60")
    return stack


@pytest.fixture(scope="module")
def never(served, simulator):
    """An asset of which CoinCap has no history: it answers 404 for good."""
    with urllib.request.urlopen(f"{simulator.url}/assets?limit=60") as answer:
        return json.load(answer)["data"][49]["id"]


def landed(stack):
    return [
        json.loads(line)
        for path in sorted((stack.lake / "landing").rglob("*.ndjson.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


def test_a_plan_beyond_its_credits_asks_nothing_and_says_the_price(served, simulator):
    before = simulator.state()["calls"]
    said = served.failure("history_backfill", ids=["bitcoin"], max_credits=1, **RANGE)
    line = "task price failed: TooExpensive: 1 calls cost [0-9]+ credits, max_credits is 1: name"
    assert re.match(f"DAG history_backfill: {line}", said)
    wide = {"start": "2023-01-01T00:00:00Z", "end": "2024-10-01T00:00:00Z"}
    said = served.failure("history_backfill", ids=["bitcoin"], max_credits=100_000, **wide)
    assert "backfill answered 429" in said
    assert "of 60 are left" in said
    assert "UP_FOR_RETRY" not in said
    assert simulator.state()["calls"] == before


def test_history_fills_the_gaps_on_an_empty_warehouse(served, never):
    served.run("history_backfill", ids=["bitcoin", never], max_credits=50, **RANGE)
    expected = {(row["id"], row["time"]): to_decimal18(row["priceUsd"]) for row in landed(served)}
    rows = served.query(
        "select asset_id, unix_millis(period_start), close, source from marts.asset_candles_1h "
        "where period_start > timestamp '2020-01-01'"
    )
    assert {(row[0], row[1]): row[2] for row in rows} == expected
    assert {row[3] for row in rows} == {"history"}
    assert 40 < len(rows) <= 48


def test_what_is_landed_or_never_was_is_not_asked_again(served, simulator, never):
    before = simulator.state()["calls"]
    served.run("history_backfill", ids=["bitcoin", never], max_credits=0, **RANGE)
    assert simulator.state()["calls"] == before


def test_hours_of_our_own_polls_are_not_bought(served):
    """The hours of two days as if we had polled them, all but six: those are the price."""
    polled = (
        "select 'ours' as asset_id, hour as period_start, 'markets' as source from unnest("
        "generate_timestamp_array('2024-10-01', '2024-10-02 23:00:00', interval 1 hour)) as hour "
        "where extract(hour from hour) not between 1 and 3"
    )
    served.query(f"insert into raw.asset_candles_1h (asset_id, period_start, source) {polled}")
    said = served.failure("history_backfill", ids=["ours"], max_credits=0, **RANGE)
    assert "task price failed: TooExpensive: 2 calls cost 2 credits" in said


def test_without_ids_the_assets_of_the_newest_polls_are_priced(served):
    said = served.failure("history_backfill", max_credits=0, **RANGE)
    assert "NotPossible: ids is empty and no asset is loaded yet: name ids" in said
    served.query(
        "insert into raw.assets (id, polled_at) values ('old', timestamp '2024-10-01'), "
        "('one', timestamp '2024-10-02 12:00:00'), ('two', timestamp '2024-10-02 13:00:00')"
    )
    said = served.failure("history_backfill", max_credits=0, **RANGE)
    assert "TooExpensive: 2 calls cost 8 credits" in said


def test_a_refused_row_that_passes_now_is_published_once(served, kafka, simulator):
    simulator.set_faults()
    (sweep,) = call(served.addresses["poll"], {"endpoints": ["exchanges"], "scheduled_at": NOW})[
        "sweeps"
    ]
    letter = _letter_of_an_older_contract(served.lake, sweep["snapshot_id"])
    served.run("dead_letter_replay", reason="wrong_type")
    served.run("dead_letter_replay")
    replayed = [
        message.key
        for message in _messages(kafka.bootstrap, "coincap.exchanges")
        if dict(message.headers).get("dead_letter_id") == letter.encode()
    ]
    assert len(replayed) == 1


def _letter_of_an_older_contract(lake, snapshot_id) -> str:
    """A row that the contract accepts, refused by an earlier one: as the functions wrote it."""
    (page,) = (lake / "raw" / "exchanges").rglob(f"{snapshot_id}/page-0001.json.gz")
    name = hashlib.sha256(snapshot_id.encode()).hexdigest()
    meta = json.loads(page.with_name("page-0001.meta.json").read_text())
    letter = {
        "deadLetterId": name, "sourceTopic": "coincap.exchanges", "endpoint": "exchanges",
        "snapshotId": snapshot_id, "polledAt": 1_729_168_800_000, "apiVersion": "v3",
        "reason": "wrong_type", "field": "rank",
        "rawLocation": f"{page.relative_to(lake)}#0",
    }  # fmt: skip
    assert meta
    file = lake / "dead_letters" / "2024-10-17" / f"{snapshot_id}.ndjson"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(letter) + b"\n")
    return name


def _messages(bootstrap, topic):
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    consumer.assign(places)
    consumer.seek_to_beginning()
    wanted, messages = sum(consumer.end_offsets(places).values()), []
    while len(messages) < wanted:
        polled = consumer.poll(timeout_ms=5000)
        assert polled, f"{len(messages)} of {wanted}"
        messages += [message for batch in polled.values() for message in batch]
    consumer.close()
    return messages

"""The planned Cloud Scheduler job calls the function over HTTP: real server, broker and sweep.

Only CoinCap is simulated. The request is the one that Google documents: POST with the job's
body, its headers and a bearer token, which Cloud Run checks before the function sees it.
https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget
"""

import base64
import json
import urllib.error
import urllib.request

import pytest
from infra_support import resources
from kafka import KafkaConsumer, TopicPartition

from coincap.topics import topics
from ingest import claims
from ingest.lake import LocalLake
from ingest.tick import Tick

TICK, LATER = "2024-10-17T00:00:00.123456789Z", "2024-10-18T00:00:00Z"
LATER_MS = 1_729_209_600_000
MARKETS = "coincap.markets"


@pytest.fixture(scope="module")
def job(plans):
    """The standard profile's daily job."""
    jobs = resources(plans["standard"], "google_cloud_scheduler_job")
    (daily,) = [job for job in jobs if job["schedule"] == "0 0 * * *"]
    return daily["http_target"][0]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return LocalLake(str(tmp_path_factory.mktemp("lake")))


@pytest.fixture(scope="module")
def function(supervisor, kafka, lake):
    """The address of poll, served by functions-framework in the functions' own environment."""
    from embedded.functions_host import function_environment, start_function
    from simulator.local import running

    with running("--now", "2024-10-17T12:40:00Z", "--frozen") as simulator:
        environment = function_environment(
            lake.root, kafka.bootstrap, simulator.url, "k" * 20, "envelope"
        )
        component = start_function(supervisor, "poll", environment)
        try:
            yield component.address
        finally:
            supervisor.stop(component)


@pytest.fixture
def scheduler(job, function):
    """Makes Cloud Scheduler's call for a tick; returns status and answer."""

    def call(tick: str) -> tuple[int, dict]:
        headers = {
            **job["headers"],
            "Authorization": "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
            "User-Agent": "Google-Cloud-Scheduler",
            "X-CloudScheduler": "true",
            "X-CloudScheduler-JobName": "coincap-poll-1440m",
            "X-CloudScheduler-ScheduleTime": tick,
        }
        body = base64.b64decode(job["body"])
        request = urllib.request.Request(function, body, headers, method=job["http_method"])
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    return call


def read(bootstrap: str) -> list:
    """Everything in the markets' topic."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
    places = [TopicPartition(MARKETS, number) for number in range(topics()[MARKETS].partitions)]
    consumer.assign(places)
    consumer.seek_to_beginning()
    ends, found = consumer.end_offsets(places), []
    while any(consumer.position(place) < ends[place] for place in places):
        for messages in consumer.poll(1000).values():
            found += messages
    consumer.close()
    return found


def test_a_tick_arrives_in_kafka_once_however_often_it_is_called(scheduler, job, kafka):
    sweeps = json.loads(base64.b64decode(job["body"]))["sweeps"]
    status, answer = scheduler(TICK)
    assert status == 200, answer
    assert [sweep["status"] for sweep in answer["sweeps"]] == ["done"] * len(sweeps)
    assert {sweep["snapshot_id"] for sweep in answer["sweeps"]} == {
        f"{sweep['endpoint']}-20241017T000000Z-{sweep['scope']}" for sweep in sweeps
    }
    status, again = scheduler(TICK)
    assert status == 200
    assert {sweep["status"] for sweep in again["sweeps"]} == {"done before"}
    wanted = {sweep["snapshot_id"] for sweep in answer["sweeps"]}
    # Other tests share the broker; not all of their messages carry headers.
    headers = [
        dict(message.headers).get("snapshot_id", b"").decode() for message in read(kafka.bootstrap)
    ]
    arrived = [snapshot for snapshot in headers if snapshot in wanted]
    assert len(arrived) == sum(sweep["published"] for sweep in answer["sweeps"]) > 100


def test_a_tick_that_a_dead_worker_holds_is_to_be_called_again(scheduler, job, lake):
    sweep = json.loads(base64.b64decode(job["body"]))["sweeps"][0]
    claims.take(lake, Tick(sweep["endpoint"], LATER_MS, sweep["scope"]), 2**52, lease_s=600)
    status, answer = scheduler(LATER)
    assert status == 409
    assert "running elsewhere" in {item["status"] for item in answer["sweeps"]}

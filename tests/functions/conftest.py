"""Fixtures of the functions' tests: a simulator, a lake, a publisher that keeps what it gets."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition

from ingest import log
from ingest.client import Client
from ingest.lake import LocalLake
from ingest.run import poll_sweeps
from ingest.settings import Settings
from ingest.source import LiveSource
from simulator.local import running

ROOT = Path(__file__).resolve().parents[2]
KEY = "key-that-must-never-leak-5f1c"
NOW = "2024-10-17T12:40:00Z"
SMALL = ("--markets", "2600", "--exchanges", "100", "--assets", "300", "--now", NOW, "--frozen")


class Recorder:
    """A publisher that keeps its messages; ``fail`` makes the next flush fail."""

    def __init__(self):
        self.messages: list[tuple[str, str, bytes, dict]] = []
        self.fail: Exception | None = None

    def publish(self, topic, key, value, headers):
        self.messages.append((topic, key, value, dict(headers)))

    def flush(self):
        if self.fail:
            failure, self.fail = self.fail, None
            raise failure

    def close(self):
        pass

    def of(self, topic: str) -> list[dict]:
        return [json.loads(value) for name, _, value, _ in self.messages if name == topic]


class Deployment:
    """One deployment under test: poll it and look at what it did."""

    def __init__(self, simulator, folder: Path, recorder: Recorder):
        self.simulator, self.recorder, self.folder = simulator, recorder, folder
        self.lake = LocalLake(str(folder))
        self.slept: list[float] = []
        self.settings = Settings(
            lake=str(folder),
            api_url=simulator.url,
            api_key=KEY,
            polled_at="envelope",
            attempts=3,
            timeout_s=5,
            kafka_bootstrap="unused",
        )

    def poll(
        self, *wanted: str, at: str = NOW, settings: Settings | None = None, again: bool = False
    ) -> list[dict]:
        """Poll ``endpoint`` or ``endpoint:scope`` items with no real waiting."""
        settings = settings or self.settings
        pairs = [(name.partition(":")[0], name.partition(":")[2] or None) for name in wanted]
        client = Client(settings, sleep=self.slept.append, clock=self.clock)
        try:
            return poll_sweeps(
                pairs,
                at,
                settings,
                LiveSource(client, settings),
                self.recorder,
                self.lake,
                self.clock,
                again,
            )
        finally:
            client.close()

    def clock(self) -> int:
        return self.simulator.state()["now_ms"]

    def with_settings(self, **changes) -> Settings:
        return replace(self.settings, **changes)


@pytest.fixture(scope="session")
def shared_simulator():
    with running(*SMALL, "--key", KEY, "--calls-per-minute", "1000000") as simulator:
        yield simulator


@pytest.fixture
def simulator(shared_simulator):
    """A small simulator without faults, its clock at NOW."""
    shared_simulator.set_faults()
    shared_simulator.set_clock(NOW)
    return shared_simulator


@pytest.fixture
def recorder():
    """A recorder; after each test its messages are searched for the key."""
    made = Recorder()
    yield made
    assert KEY not in str(made.messages)


@pytest.fixture(autouse=True)
def _no_key_is_logged():
    """Search everything that any test logs for the key, before the formatter blanks it."""
    seen: list[str] = []

    def read(record) -> bool:
        seen.append(f"{record.getMessage()} {getattr(record, 'facts', '')} {record.exc_info}")
        return True

    log.LOGGER.addFilter(read)
    yield
    log.LOGGER.removeFilter(read)
    assert not [line for line in seen if KEY in line]


@pytest.fixture
def deployment(simulator, tmp_path, recorder) -> Deployment:
    return Deployment(simulator, tmp_path / "lake", recorder)


@pytest.fixture
def log_lines(tmp_path):
    """The structured log of a test, as parsed lines."""
    path = tmp_path / "log.jsonl"
    with path.open("w") as stream:
        log.configure(KEY, stream)
        yield lambda: [json.loads(line) for line in path.read_text().splitlines()]
    log.configure(KEY)


@pytest.fixture
def lake(tmp_path) -> LocalLake:
    return LocalLake(str(tmp_path / "lake"))


class Tail:
    """A Kafka topic from now on: what is published after this was made."""

    def __init__(self, bootstrap: str, topic: str):
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
        numbers = self._consumer.partitions_for_topic(topic)
        self._partitions = [TopicPartition(topic, number) for number in numbers]
        self._consumer.assign(self._partitions)
        self._starts = self._consumer.end_offsets(self._partitions)

    def read(self) -> list:
        ends = self._consumer.end_offsets(self._partitions)
        for partition, start in self._starts.items():
            self._consumer.seek(partition, start)
        messages, wanted = [], sum(ends.values()) - sum(self._starts.values())
        while len(messages) < wanted:
            polled = self._consumer.poll(timeout_ms=5000, max_records=5000)
            assert polled, f"{len(messages)} of {wanted} messages arrived"
            messages += [message for batch in polled.values() for message in batch]
        return messages

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def tail(kafka):
    """Open the tail of a topic."""
    opened = []

    def open_tail(topic: str) -> Tail:
        opened.append(Tail(kafka.bootstrap, topic))
        return opened[-1]

    yield open_tail
    for item in opened:
        item.close()


@pytest.fixture(scope="session")
def pubsub(tmp_path_factory):
    """A Pub/Sub server: PUBSUB_EMULATOR_HOST's if set, else Google's in-memory one, built."""
    import os
    import shutil
    import subprocess

    given = os.environ.get("PUBSUB_EMULATOR_HOST")
    if given:
        yield given
        return
    if not shutil.which("go"):
        pytest.skip("no Pub/Sub emulator: set PUBSUB_EMULATOR_HOST or install Go 1.26 to build one")
    program = tmp_path_factory.mktemp("pubsub") / "emulator"
    built = subprocess.run(
        ["go", "build", "-o", str(program), "."],
        cwd=ROOT / "tests/tools/pubsub_emulator",
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        pytest.skip(f"no Pub/Sub emulator: go build failed: {built.stderr.strip()[-300:]}")
    with subprocess.Popen([str(program)], stdout=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().split()[-1]
        os.environ["PUBSUB_EMULATOR_HOST"] = address
        yield address
        del os.environ["PUBSUB_EMULATOR_HOST"]
        process.terminate()

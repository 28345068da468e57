"""The bridge's topics are there as long as the emulator is, also one that was started again."""

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pubsub
import pytest
from google.api_core.exceptions import AlreadyExists, ServiceUnavailable
from stack_files import free_ports, healthy

from coincap.topics import topics

PROJECT = "coincap-local"


class Emulator:
    """Keeps names as the emulator does; ``forget`` is what a restart does to it."""

    def __init__(self):
        self.names, self.away = set(), False

    def forget(self):
        self.names.clear()

    def topic_path(self, project, name):
        return f"projects/{project}/topics/{name}"

    def create_topic(self, request, **_):
        if self.away:
            raise ServiceUnavailable("no route")
        if request["name"] in self.names:
            raise AlreadyExists("there")
        self.names.add(request["name"])

    create_subscription = create_topic

    def list_subscriptions(self, **_):
        if self.away:
            raise ServiceUnavailable("no route")
        return [SimpleNamespace(name=name) for name in self.names if "/subscriptions/" in name]


@pytest.fixture
def emulator(monkeypatch):
    made = Emulator()
    monkeypatch.setattr(pubsub.pubsub_v1, "PublisherClient", lambda: made)
    monkeypatch.setattr(pubsub.pubsub_v1, "SubscriberClient", lambda: made)
    monkeypatch.setenv("COINCAP_PROJECT", PROJECT)
    return made


def test_an_emulator_that_was_started_again_gets_its_topics_anew(emulator, monkeypatch, capsys):
    events = iter([emulator.forget, lambda: setattr(emulator, "away", True),
                   lambda: setattr(emulator, "away", False)])  # fmt: skip

    def sleep(seconds):
        assert seconds == 10
        if (event := next(events, None)) is None:
            raise KeyboardInterrupt
        event()

    monkeypatch.setattr(pubsub.time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        pubsub.main(["--every", "10"])
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        f"{len(topics())} topics are there",
        "the topics were made again: the emulator was started anew",
    ]
    assert "Pub/Sub does not answer" in told.err
    assert len(emulator.names) == len(topics()) + len(pubsub.subscriptions(PROJECT))


def test_the_healthcheck_sees_a_subscription_that_is_missing(emulator, services):
    service = services["pubsub-topics"]
    assert service["healthcheck"]["test"] == ["CMD", "python", "pubsub.py", "--check"]
    assert service["command"] == ["python", "pubsub.py", "--every", "10"]
    assert services["connect"]["depends_on"]["pubsub-topics"]["condition"] == "service_healthy"
    assert pubsub.main(["--check"]) == 1
    assert pubsub.main([]) == 0
    assert pubsub.main(["--check"]) == 0
    emulator.names.remove(next(iter(pubsub.subscriptions(PROJECT))))
    assert pubsub.main(["--check"]) == 1


def test_an_emulator_whose_port_is_open_and_that_does_not_answer_is_ill(services):
    """As one whose memory is full: it listens on."""

    class Handler(BaseHTTPRequestHandler):
        stuck = False

        def do_GET(self):
            assert self.path == f"/v1/projects/{PROJECT}/subscriptions"
            if Handler.stuck:
                time.sleep(6)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args):
            pass

    port = free_ports(1)[0]
    server = HTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert healthy(services["pubsub"], "8085", str(port))
        Handler.stuck = True
        assert not healthy(services["pubsub"], "8085", str(port))
    finally:
        server.shutdown()


def test_an_emulator_without_memory_ends_and_fits_its_container(services):
    options = services["pubsub"]["environment"]["JAVA_TOOL_OPTIONS"].split()
    assert "-XX:+ExitOnOutOfMemoryError" in options
    assert "-XX:+UseParallelGC" in options
    assert services["pubsub"]["restart"] == "unless-stopped"
    heap = int(next(word for word in options if word.startswith("-Xmx"))[4:-1])
    assert heap <= 0.75 * 1024
    assert services["pubsub"]["mem_limit"] == "1g"

"""The check of the functions checked: it agrees with them, and sees what they could leave out."""

from dataclasses import replace
from datetime import datetime

import pytest

from chaos.check.log import Message
from chaos.check.polls import check_polls
from chaos.load import Load
from chaos.stage import ENDPOINTS, list_all
from ingest import rows
from ingest.settings import Settings
from simulator.local import running

NOW = datetime.fromisoformat("2024-10-17T12:40:00+00:00")
SIZE = ("--markets", "300", "--exchanges", "12", "--assets", "40", "--moving-rows", "0.5")


class Kept:
    """A publisher that keeps its messages as a checker reads them."""

    def __init__(self):
        self.messages: list[Message] = []

    def publish(self, topic, key, value, headers):
        self.messages.append(Message(topic, 0, len(self.messages), key, value, dict(headers)))

    def flush(self):
        pass

    def close(self):
        pass


@pytest.fixture
def poll(tmp_path, monkeypatch):
    """Poll four times while the simulator spoils rows; returns what check_polls takes."""
    kept = Kept()
    monkeypatch.setattr("chaos.load.open_publisher", lambda _: kept)
    options = (*SIZE, "--now", "2024-10-17T12:40:00Z", "--frozen", "--calls-per-minute", "100000")
    with running(*options) as simulator:
        settings = Settings(str(tmp_path), simulator.url, polled_at="envelope", page_size=110)

        def polled():
            load = Load(settings, simulator.url, NOW)
            simulator.set_faults(malformed_rows=0.4, new_field=0.3, changed_type=0.2)
            load.poll(4)
            assert len(load.finished) == 10
            return tmp_path, load.finished, kept.messages, listed

        listed = {name: list_all(simulator.url, name) for name in ENDPOINTS}
        yield polled


def judge(found) -> tuple[int, int, int]:
    verdict = check_polls(*found)
    print(*verdict.named, sep="\n")
    return verdict.lost, verdict.duplicated, verdict.wrong


def without(message: Message, found: tuple) -> tuple:
    lake, finished, messages, listed = found
    return lake, finished, [m for m in messages if m is not message], listed


def test_the_check_agrees_with_the_functions_and_sees_each_damage(poll):
    found = poll()
    lake, finished, messages, listed = found
    letters = [m for m in messages if m.topic == "coincap.dead-letter"]
    assert {m.row["reason"] for m in letters} >= {"not_an_object", "field_missing", "wrong_type"}
    assert judge(found) == (0, 0, 0)

    once = next(m for m in messages if m.topic == "coincap.assets")
    assert judge(without(once, found)) == (1, 0, 0), "a row that nobody published"
    assert judge(without(letters[0], found))[0] == 1, "a refused row without a letter"
    other = replace(once, value=once.value.replace(b'"priceUsd":"', b'"priceUsd":"1'))
    changed = without(once, found)
    assert judge((lake, finished, [*changed[2], other], listed)) == (0, 0, 1), "another price"
    named = next(
        m for m in letters if m.row["reason"] == "wrong_type" and m.row["endpoint"] == "assets"
    )
    both = replace(once, value=named.row["raw"].encode(), headers=named.headers)
    assert judge((lake, finished, [*messages, both], listed)) == (0, 1, 0), "in both"
    again = replace(both, headers={**named.headers, "dead_letter_id": named.key})
    assert judge((lake, finished, [*messages, again], listed)) == (0, 0, 0), "replayed"
    max(lake.glob("raw/markets/*/*/page-0003.json.gz")).unlink()
    assert judge(found)[0] > 0, "a page that nobody kept"


def test_a_function_that_drops_a_row_of_each_page_is_caught(poll, monkeypatch):
    check = rows.check_rows

    def careless(record, given, polled_at_ms):
        checked = check(record, given, polled_at_ms)
        del checked.accepted[-1:]
        return checked

    monkeypatch.setattr(rows, "check_rows", careless)
    assert judge(poll())[0] >= 10

"""Captured answers played through the pipeline."""

import gzip
import json
import shutil

import pytest

from ingest.errors import ReplayUnreadable
from ingest.play import play


@pytest.fixture
def folder(captures, tmp_path):
    target = tmp_path / "captures"
    target.mkdir()
    for path in captures.iterdir():
        if path.name != "README.md":
            shutil.copyfile(path, target / path.name)
    return target


@pytest.fixture
def played(deployment):
    def run(folder) -> dict[str, dict]:
        summaries = play(folder, deployment.settings, deployment.recorder, deployment.lake)
        return {item["file"]: item for item in summaries}

    return run


def test_the_captures_are_played_in_the_order_of_their_time(played, folder, deployment):
    files = played(folder)
    assert list(files) == [
        "assets.json",
        "markets.json",
        "rates.json",
        "exchanges.json",
        "asset-bitcoin-v3.json",
        "history-h1.ndjson.gz",
    ]
    published = {name: item.get("published", item.get("landed")) for name, item in files.items()}
    assert published == {
        "assets.json": 10,
        "markets.json": 2000,
        "rates.json": 192,
        "exchanges.json": 100,
        "asset-bitcoin-v3.json": 1,
        "history-h1.ndjson.gz": 35286,
    }
    assert deployment.recorder.of("coincap.dead-letter") == []
    nulls = [row for row in deployment.recorder.of("coincap.markets") if row["priceUsd"] is None]
    assert len(nulls) == 4


def test_a_polls_time_and_version_are_the_captures(played, folder, deployment):
    played(folder)
    headers = {h["snapshot_id"]: h for t, *_, h in deployment.recorder.messages if "polls" not in t}
    market = headers["markets-20241017T121807Z"]
    assert (market["polled_at"], market["api_version"]) == ("2024-10-17T12:18:07.934Z", "v2")
    assert headers["assets-20250725T092140Z"]["api_version"] == "v3"


def test_playing_again_publishes_nothing_twice(played, folder, deployment):
    played(folder)
    sent = len(deployment.recorder.messages)
    again = played(folder)
    assert again["markets.json"]["status"] == "done before"
    assert len(deployment.recorder.messages) == sent


def test_answers_of_one_second_are_pages_of_one_listing(played, folder, deployment):
    content = json.loads((folder / "markets.json").read_text())
    rows = content["data"]
    for number, part in enumerate((rows[:1200], rows[1150:])):
        content["data"] = part
        (folder / f"markets-{number}.json").write_text(json.dumps(content))
    (folder / "markets.json").unlink()
    summary = played(folder)["markets-0.json, markets-1.json"]
    assert (summary["pages"], summary["published"], summary["duplicates"]) == (2, 2000, 50)
    assert len(deployment.recorder.of("coincap.markets")) == 2000


def test_a_malformed_row_is_a_dead_letter_and_the_run_goes_on(played, folder, deployment):
    content = json.loads((folder / "rates.json").read_text())
    content["data"][3] = {"id": "euro", "rateUsd": "NaN", "symbol": "EUR", "type": "fiat"}
    (folder / "rates.json").write_text(json.dumps(content))
    history = gzip.decompress((folder / "history-h1.ndjson.gz").read_bytes())
    (folder / "history-h1.ndjson.gz").write_bytes(gzip.compress(b'{"id":"x"\n' + history))
    files = played(folder)
    assert (files["rates.json"]["published"], files["rates.json"]["dead_lettered"]) == (191, 1)
    history = files["history-h1.ndjson.gz"]
    assert (history["landed"], history["dead_lettered"]) == (35286, 1)
    letters = deployment.recorder.of("coincap.dead-letter")
    assert [letter["reason"] for letter in letters] == ["not_a_number", "not_an_object"]
    assert letters[1]["raw"] == '{"id":"x"'


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("markets-2.json", b'{"data":[', "markets-2.json: body of 9 bytes is no JSON"),
        ("rates-2.json", b"<html>", "rates-2.json: HTML"),
        ("assets-2.json", b'{"data":[]}', "assets-2.json: the envelope has no timestamp"),
        ("asset-x.json", b'{"data":[],"timestamp":5}', "asset-x.json: data is a list"),
        ("history-x.ndjson.gz", b"no gzip", "history-x.ndjson.gz: cannot be read"),
    ],
)
def test_an_unreadable_file_is_named_before_anything_is_published(
    played, folder, deployment, name, content, words
):
    (folder / name).write_bytes(content)
    with pytest.raises(ReplayUnreadable) as raised:
        played(folder)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert deployment.recorder.messages == []


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_captures_is_named(played, tmp_path, exists):
    folder = tmp_path / "empty"
    if exists:
        folder.mkdir()
    with pytest.raises(ReplayUnreadable, match=str(folder)):
        played(folder)

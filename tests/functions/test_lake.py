"""The lake's files: atomic against every other writer."""

import errno
import json
import os
import threading

import pytest

from ingest import claims
from ingest.tick import Tick

TICK = Tick("rates", 1_729_168_800_000)


def in_threads(count: int, work) -> list:
    results: list = []
    threads = [threading.Thread(target=lambda n=n: results.append(work(n))) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_that_create_an_object_one_wins(lake):
    won = in_threads(16, lambda n: (lake.put_if_absent("a/b.json", b"%d" % n), n))
    winners = [number for created, number in won if created]
    assert len(winners) == 1
    assert lake.get("a/b.json") == b"%d" % winners[0]


def test_no_update_is_lost(lake):
    def add(_number):
        lake.update("state/count.json", lambda old: b"%d" % (int(old or b"0") + 1))

    in_threads(40, add)
    assert lake.get("state/count.json") == b"40"


def test_an_update_that_returns_none_leaves_the_object(lake):
    lake.put("x", b"1")
    lake.update("x", lambda _old: None)
    assert lake.get("x") == b"1"


def test_names_are_sorted_and_without_scratch_files(lake):
    lake.put("raw/b", b"")
    lake.put("raw/a", b"")
    lake.update("raw/c", lambda _old: b"")
    assert list(lake.names("raw")) == ["raw/a", "raw/b", "raw/c"]
    assert list(lake.names("")) == ["raw/a", "raw/b", "raw/c"]


@pytest.mark.parametrize("fails", ["write", "rename"])
def test_a_full_disk_keeps_no_scratch_file(lake, tmp_path, monkeypatch, fails):
    lake.put("raw/a", b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    class FullFile:
        def __init__(self, handle, _mode):
            self.close = lambda: os.close(handle)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.close()

        write = full

    monkeypatch.setattr(
        *{"write": (os, "fdopen", FullFile), "rename": (os, "replace", full)}[fails]
    )
    for _ in range(3):
        with pytest.raises(OSError, match="No space"):
            lake.put("raw/a", b"new")
    if fails == "write":
        with pytest.raises(OSError, match="No space"):
            lake.put_if_absent("raw/b", b"new")
    assert [path.name for path in (tmp_path / "lake/raw").iterdir()] == ["a"]
    assert lake.get("raw/a") == b"old"


def test_a_tick_is_claimed_once(lake):
    taken = in_threads(16, lambda _n: claims.take(lake, TICK, 0, lease_s=60))
    assert sum(claim is not None for claim in taken) == 1


def test_an_expired_lease_is_taken_over_once_and_done_stays_done(lake):
    first = claims.take(lake, TICK, 0, lease_s=60)
    taken = in_threads(16, lambda _n: claims.take(lake, TICK, 60_000, lease_s=60))
    (second,) = [claim for claim in taken if claim]
    assert (first.tries, second.tries) == (1, 2)
    second.facts = {"summary": {"published": 1}}
    claims.save(lake, second, claims.DONE)
    claims.save(lake, first, claims.FETCHED)
    stored = json.loads(lake.get(claims.path(TICK)))
    assert (stored["state"], stored["facts"]) == ("done", second.facts)

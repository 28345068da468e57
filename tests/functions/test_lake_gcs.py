"""The lake in Cloud Storage: the same guarantees as the folder's, against a storage server."""

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from ingest import claims
from ingest.lake_gcs import GcsLake
from ingest.tick import Tick

TOOL = Path(__file__).resolve().parents[1] / "tools/gcs_emulator"
pytestmark = pytest.mark.slow  # the server's first build takes minutes


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Cloud Storage in memory with a bucket ``lake``, built with Go."""
    if not shutil.which("go"):
        pytest.skip("no Go to build the storage server with")
    program = tmp_path_factory.mktemp("gcs") / "emulator"
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=TOOL, check=True)
    with subprocess.Popen([str(program), "lake"], stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().split()[-1]
        process.terminate()


@pytest.fixture
def gcs(server, monkeypatch, request) -> GcsLake:
    monkeypatch.setitem(os.environ, "STORAGE_EMULATOR_HOST", server)
    client = storage.Client(project="test", credentials=AnonymousCredentials())
    return GcsLake(f"gs://lake/{request.node.name}", client)


def in_threads(count: int, work) -> list:
    results: list = []
    threads = [threading.Thread(target=lambda n=n: results.append(work(n))) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_objects_are_read_as_written(gcs):
    assert gcs.get("a/b") is None
    gcs.put("a/b", b"1")
    gcs.put("a/c", b"2")
    gcs.put("ab", b"3")
    assert gcs.get("a/b") == b"1"
    assert list(gcs.names("a")) == ["a/b", "a/c"]


def test_of_many_that_create_an_object_one_wins(gcs):
    won = in_threads(8, lambda n: (gcs.put_if_absent("x", b"%d" % n), n))
    winners = [number for created, number in won if created]
    assert len(winners) == 1
    assert gcs.get("x") == b"%d" % winners[0]


def test_no_update_is_lost(gcs):
    in_threads(8, lambda _n: gcs.update("n", lambda old: b"%d" % (int(old or b"0") + 1)))
    assert gcs.get("n") == b"8"


def test_a_tick_is_claimed_once(gcs):
    tick = Tick("rates", 1_729_168_800_000)
    taken = in_threads(8, lambda _n: claims.take(gcs, tick, 0, lease_s=60))
    assert sum(claim is not None for claim in taken) == 1

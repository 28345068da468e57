"""The project compiled once, the capture in its marts, and what runs dbt on the path."""

import json
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
FOLDERS = (*(TESTS / name for name in ("dbt", "dags", "batch")), TESTS.parent / "composer_dags")
for folder in FOLDERS:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@pytest.fixture(scope="session")
def artefacts(emulator, tmp_path_factory) -> Path:
    """The target folder of ``dbt compile``: the SQL as BigQuery gets it, and the manifest."""
    from dbt_command import dbt

    target = tmp_path_factory.mktemp("dbt")
    done = dbt(["compile"], emulator.endpoint, target)
    assert done.returncode == 0, done.stdout[-3000:]
    return target


@pytest.fixture(scope="session")
def compiled(artefacts) -> dict[str, str]:
    """Model name to compiled SQL."""
    models = (artefacts / "compiled" / "coincap" / "models").rglob("*.sql")
    return {path.stem: path.read_text("utf-8") for path in models}


@pytest.fixture(scope="session")
def raw_tables(spark) -> dict:
    """The manifest of a lake without rows: every raw table with its columns."""
    import tempfile
    from datetime import UTC, datetime, timedelta

    from coincap_batch import pipeline
    from coincap_batch.manifest import manifest
    from coincap_batch.state import State
    from coincap_batch.store import Store

    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    with tempfile.TemporaryDirectory(prefix="coincap-") as lake:
        batch = pipeline.Batch(Store(spark, lake), State(spark, lake), epoch, epoch + timedelta(1))
        for step in pipeline.DEFAULT_STEPS:
            pipeline.STEPS[step](batch)
        return manifest(batch.store, batch.state)


@pytest.fixture(scope="session")
def marts(spark, captures, tmp_path_factory):
    """A stack with the capture in its marts; nothing may be changed in it."""
    from played_capture import played

    stack = played(spark, captures, tmp_path_factory.mktemp("capture"))
    yield stack
    stack.supervisor.stop_all()


@pytest.fixture(scope="session")
def sent(captures):
    """The captured listings, as CoinCap sent them; of bitcoin there is a newer answer."""
    names = ("assets", "rates", "exchanges", "markets")
    found = {name: json.loads((captures / f"{name}.json").read_text())["data"] for name in names}
    newer = json.loads((captures / "asset-bitcoin-v3.json").read_text())["data"]
    found["assets"] = [newer if row["id"] == newer["id"] else row for row in found["assets"]]
    return found

"""The project compiled once, and what runs dbt on the path."""

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

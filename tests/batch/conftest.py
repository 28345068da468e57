"""The batch's helpers beside the tests on the path; Spark is the session of tests/conftest.py."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


@pytest.fixture(scope="module")
def interpreted(spark):
    """Let Spark interpret plans up to the end of a module: its few rows are not worth compiling.

    For tests of what a run reads and writes. Those of figures run the generated code, as the
    jobs do.
    """
    for name, value in INTERPRETED.items():
        spark.conf.set(name, value)
    yield
    for name in INTERPRETED:
        spark.conf.unset(name)

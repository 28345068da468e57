"""A Spark session with Delta for all tests of the batch, and the repository's code on the path."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("functions", "dataproc_jobs", "local_stack", "tests/batch"):
    if str(ROOT / folder) not in sys.path:
        sys.path.insert(0, str(ROOT / folder))

"""The helpers beside the tests on the path; Spark is the shared session of tests/conftest.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

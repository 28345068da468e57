"""Puts this package and the stream's harness on the path."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
for folder in (TESTS, TESTS / "stream", TESTS / "chaos" / "hooked"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

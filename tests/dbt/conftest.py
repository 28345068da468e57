"""The contract package on the path."""

import sys
from pathlib import Path

FUNCTIONS = str(Path(__file__).resolve().parents[2] / "functions")
if FUNCTIONS not in sys.path:
    sys.path.insert(0, FUNCTIONS)

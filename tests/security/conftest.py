"""Puts the stream's harness and the compose stack's first start on the path."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "stream"))
sys.path.append(str(ROOT / "local_stack" / "images"))

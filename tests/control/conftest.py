"""Puts the stand-in of the Dataproc API and the stream tests' messages on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "stream"))
sys.path.insert(0, str(Path(__file__).parent))

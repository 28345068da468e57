"""The product's stream.py, unchanged, with the places of ``hooks`` put into its job."""

import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import hooks

hooks.install()
product = Path(__file__).resolve().parents[3] / "dataproc_jobs" / "stream.py"
runpy.run_path(str(product), run_name="__main__")

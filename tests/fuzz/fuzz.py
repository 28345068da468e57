"""Coverage-guided fuzzing with atheris: ``python tests/fuzz/fuzz.py TARGET [libFuzzer options]``.

Starts from corpus/TARGET, which is read and never written; ``-runs=N`` or
``-max_total_time=S`` bound it. A body that breaks a promise ends the run with its traceback
and is written to the current folder as crash-*.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import atheris

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1] / "functions"):
    sys.path.insert(0, str(folder))
with atheris.instrument_imports(include=["coincap", "ingest", "json.decoder", "json.scanner"]):
    from targets import TARGETS


def main() -> None:
    """Fuzz one target over a copy of its corpus."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in TARGETS:
        sys.exit(f"fuzz.py TARGET, one of: {', '.join(TARGETS)}")
    with tempfile.TemporaryDirectory() as grown:
        shutil.copytree(HERE / "corpus" / name, grown, dirs_exist_ok=True)
        atheris.Setup([sys.argv[0], *sys.argv[2:], grown], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()

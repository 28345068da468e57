"""Soak: a kept stack polls once a minute for an hour; how much memory, and does it grow?

    tests/bench/run soak_stack [--minutes 60] [--data-dir FOLDER]

Starts ``./local_stack/demo --keep`` (or takes the one that runs in FOLDER) and ends what it
started. Every half minute it sums the memory of all components (PSS: shared pages once) while
somebody has the report open. Samples with an Airflow task in flight are counted apart: a batch
is a Spark driver of its own, for a minute or two. Growth compares the medians of the first and
the last quarter of the quiet samples. Exit code 1 beyond a bound.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

from embedded.family import memory_bytes
from embedded.health import task_running
from embedded.kept import running
from embedded.places import REPOSITORY, RunFolder
from embedded.remembered import remembered

IDLE_MIB = 3 * 1024
GROWTH_PERCENT = 10.0
EVERY_S = 30
DEMO = str(REPOSITORY / "local_stack" / "demo")


def sample(folder: RunFolder) -> dict:
    """Return {"quiet": bool, "at": s, "mib": {component: MiB}}."""
    mib = {name: memory_bytes(facts["pid"]) / 2**20 for name, facts in remembered(folder)}
    return {"quiet": not task_running(folder), "at": time.time(), "mib": mib}


def total(one: dict) -> float:
    """Return a sample's memory in MiB."""
    return sum(one["mib"].values())


def growth(samples: list[dict]) -> tuple[float, float, float]:
    """Return the medians of the first and last quarter in MiB, and the growth in percent.

    Raises ValueError where there are not enough quiet samples for that.
    """
    quiet = [total(each) for each in samples if each["quiet"]]
    quarter = len(quiet) // 4
    if not quarter:
        raise ValueError(f"{len(quiet)} quiet samples are too few; soak longer")
    before, after = median(quiet[:quarter]), median(quiet[-quarter:])
    return before, after, 100 * (after - before) / before


def by_component(samples: list[dict]) -> str:
    """Return the components' memory in the first and the last quiet sample, a line each."""
    quiet = [s["mib"] for s in samples if s["quiet"]]
    first, last = quiet[0], quiet[-1]
    return "\n".join(
        f"  {name:<30}{first.get(name, 0):>7,.0f} → {last.get(name, 0):>5,.0f} MiB"
        for name in sorted(last, key=lambda name: -last[name])
    )


def soak(folder: RunFolder, minutes: float) -> list[dict]:
    """Return a sample every half minute; raises StackError where the stack has ended."""
    report, samples = running(folder).pages["report"], []
    until = time.monotonic() + minutes * 60
    while time.monotonic() < until:
        running(folder)
        samples.append(sample(folder))
        with (folder.root / "soak.jsonl").open("a") as file:
            file.write(json.dumps(samples[-1]) + "\n")
        urllib.request.urlopen(f"{report}/drawn", timeout=20).read()
        time.sleep(EVERY_S)
    return samples


def verdict(samples: list[dict]) -> tuple[int, str]:
    """Return the exit code and the lines to print."""
    before, after, grown = growth(samples)
    idle = median(total(s) for s in samples if s["quiet"])
    peak = max(map(total, samples))
    busy = sum(not s["quiet"] for s in samples)
    good = idle < IDLE_MIB and abs(grown) <= GROWTH_PERCENT
    said = (
        f"{by_component(samples)}\n"
        f"{len(samples)} samples, {busy} of them with a batch running (peak {peak:,.0f} MiB)\n"
        f"idle {idle:,.0f} MiB (bound {IDLE_MIB:,}); growth {before:,.0f} → {after:,.0f} MiB, "
        f"{grown:+.1f} % (bound ±{GROWTH_PERCENT:.0f} %)"
    )
    return (0 if good else 1), said


def main() -> int:
    """Soak and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--data-dir", type=Path, help="a kept stack that runs already")
    options = parser.parse_args()
    if options.data_dir:
        code, said = verdict(soak(RunFolder(options.data_dir.resolve()), options.minutes))
        print(said)
        return code
    with tempfile.TemporaryDirectory() as name:
        data = ["--data-dir", name]
        try:
            subprocess.run([DEMO, "--keep", "--minutes", "5", *data], check=True)
            code, said = verdict(soak(RunFolder(Path(name)), options.minutes))
        finally:
            subprocess.run([DEMO, "stop", *data], check=False)
        print(said)
        return code


if __name__ == "__main__":
    sys.exit(main())

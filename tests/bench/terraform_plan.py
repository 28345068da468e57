"""Time of Terraform's own test of the standard profile (command = plan), start to end.

``tests/bench/run terraform_plan [--rounds N]``; the figure is the median. Needs Terraform; where
its registry is out of reach, the stand-ins in ../shared/terraform.
"""

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

INFRA = Path(__file__).resolve().parents[2] / "infra"
STAND_INS = INFRA.parents[1] / "shared" / "terraform" / "install"
BOUND_S = 20
RUN = re.compile(r'^run "standard" \{.*?^\}\n', re.M | re.S)


def environment() -> dict[str, str]:
    """Return the environment of Terraform, with the stand-ins where nothing else is set up."""
    found = {key: value for key, value in os.environ.items() if not key.startswith("TF_VAR_")}
    if not Path(found.get("TF_CLI_CONFIG_FILE", "/nowhere")).exists() and STAND_INS.exists():
        printed = subprocess.run([STAND_INS], capture_output=True, text=True, check=True)
        found["TF_CLI_CONFIG_FILE"] = printed.stdout.strip()
    return found | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}


def terraform(*words: str) -> None:
    """Run Terraform in infra/; raises CalledProcessError with what it said."""
    subprocess.run(
        ["terraform", *words], cwd=INFRA, env=environment(), check=True, capture_output=True
    )


def main() -> int:
    """Time the rounds and print the median; 1 where it is over the bound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    if shutil.which("terraform") is None:
        print("error: terraform is not installed: developer.hashicorp.com/terraform/install")
        return 2
    terraform("init", "-backend=false", "-input=false")
    whole = (INFRA / "tests" / "profiles.tftest.hcl").read_text("utf-8")
    folder = INFRA / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        head = whole.partition("\nrun ")[0]
        (folder / "standard.tftest.hcl").write_text(f"{head}\n{RUN.search(whole)[0]}", "utf-8")
        times = []
        for number in range(rounds):
            start, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
            terraform("test", "-test-directory=build/bench")
            times.append(time.monotonic() - start)
            now = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
            print(f"round {number + 1}: {times[-1]:.1f} s, {cpu:.1f} s of CPU")
    finally:
        shutil.rmtree(folder)
    median = statistics.median(times)
    print(f"terraform test, profile standard: {median:.1f} s (bound {BOUND_S} s)")
    return int(median > BOUND_S)


if __name__ == "__main__":
    sys.exit(main())

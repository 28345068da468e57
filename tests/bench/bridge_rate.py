"""Messages a second of the bridge's connector: tests/infra/test_bridge.py's own components (a
broker with TLS and rights, the released connector as Terraform plans it, a Pub/Sub server in
memory, all on this machine), 20,000 messages that wait in Pub/Sub when the worker starts."""

import re
import subprocess
import sys

from embedded.places import REPOSITORY

TEST = "tests/infra/test_bridge.py"


def main() -> int:
    """Run the test that measures; print its figure last."""
    command = [sys.executable, "-m", "pytest", TEST, "--slow", "-q", "-s", "-k", "rate", "-rs"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    figures = re.findall(r"^\.?(bridge=\d+)$", done.stdout, re.MULTILINE)
    if done.returncode or not figures:
        print(done.stdout[-3000:] + done.stderr[-1000:], file=sys.stderr)
        return 1
    print(figures[-1])
    return 0


if __name__ == "__main__":
    sys.exit(main())

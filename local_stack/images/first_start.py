"""First start of the compose stack: memory checked, passwords made, volumes of one version.

Usage: first_start.py FOLDER. Prints one line and ends with 1 where the stack cannot run.
"""

import secrets
import sys
from pathlib import Path

VERSION = "1"
"""Of the volumes; raised when an older volume can no longer be used as it is."""
NEEDED_MIB = 8 * 1024
TEXT = ("owner", "reader", "airflow", "grafana", "grafana_viewer", "airflow_jwt", "airflow_key")


class CannotStart(Exception):
    """Why the stack cannot run; the message is one line with the way out."""


def prepare(folder: Path, memory_mib: int) -> str:
    """Make what is missing in ``folder``; return one line. Raises CannotStart."""
    if memory_mib < NEEDED_MIB * 0.95:
        raise CannotStart(
            f"Docker has {memory_mib:,} MiB of memory, the default profile needs {NEEDED_MIB:,}: "
            "raise it in Docker's settings, or run ./local_stack/demo, which needs less"
        )
    version = folder / "version"
    if version.exists() and version.read_text().strip() != VERSION:
        raise CannotStart(
            f"the volumes are of version {version.read_text().strip()}, this is {VERSION}: "
            "export what you need, then: docker compose --profile '*' down --volumes"
        )
    made = [name for name in TEXT if _secret(folder / name)]
    _write(
        folder / "pgpass", f"postgres:5432:*:market_owner:{(folder / 'owner').read_text()}\n", 0o600
    )
    _write(version, VERSION, 0o444)
    return f"passwords: {len(made)} made, {len(TEXT) - len(made)} kept"


def memory_mib(meminfo: str) -> int:
    """Return the machine's memory in MiB from the text of /proc/meminfo."""
    line = next(line for line in meminfo.splitlines() if line.startswith("MemTotal:"))
    return int(line.split()[1]) // 1024


def _secret(file: Path) -> bool:
    if file.exists():
        return False
    _write(file, secrets.token_hex(24), 0o444)
    return True


def _write(file: Path, text: str, mode: int) -> None:
    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(text)
    partial.chmod(mode)
    partial.replace(file)


def main() -> int:
    """Prepare the folder that is given."""
    try:
        print(prepare(Path(sys.argv[1]), memory_mib(Path("/proc/meminfo").read_text())))
    except CannotStart as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""First start of the compose stack: memory checked, passwords made, volumes of one version.

Usage: first_start.py FOLDER. Prints one line and ends with 1 where the stack cannot run.
"""

import secrets
import sys
from pathlib import Path

VERSION = "2"
"""Of the volumes; raised when an older volume can no longer be used as it is."""
NEEDED_MIB = 8 * 1024
TEXT = (
    "owner", "writer", "reader", "airflow", "airflow_jwt", "airflow_key", "grafana",
    "grafana_viewer",
)  # fmt: skip
SHARES = {
    "jobs": (),
    "airflow": ("airflow", "airflow_jwt", "airflow_key"),
    "grafana": ("grafana", "grafana_viewer", "reader"),
}
"""What each kind of service sees of it, in a volume of its own; ``WRITERS`` also a login."""
WRITERS = ("jobs", "airflow")


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
    _write(folder / "pgpass", _login("market_owner", folder / "owner"), 0o600)
    _write(version, VERSION, 0o444)
    return f"passwords: {len(made)} made, {len(TEXT) - len(made)} kept"


def hand_out(folder: Path, shares: Path) -> None:
    """Copy from ``folder`` what each kind of service needs into ``shares``/KIND, nothing else."""
    for kind, names in SHARES.items():
        (shares / kind).mkdir(exist_ok=True)
        for name in names:
            _write(shares / kind / name, (folder / name).read_text(), 0o444)
        if kind in WRITERS:
            _write(shares / kind / "pgpass", _login("coincap_writer", folder / "writer"), 0o600)


def _login(user: str, password: Path) -> str:
    return f"postgres:5432:*:{user}:{password.read_text()}\n"


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
        folder = Path(sys.argv[1])
        print(prepare(folder, memory_mib(Path("/proc/meminfo").read_text())))
        hand_out(folder, folder.parent)
    except CannotStart as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

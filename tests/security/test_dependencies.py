"""What is installed is what was reviewed: exact versions, each with its hashes, from anywhere."""

import re
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for path in ROOT.rglob("requirements*.txt") if ".venv" not in path.parts)
PIN = re.compile(r"[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^\s;]+( ; .+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def requirements(path: Path) -> list[str]:
    """Each requirement with its options on one line."""
    text = path.read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_every_deployable_has_a_compiled_file():
    names = {path.relative_to(ROOT).parts[0] for path in FILES}
    assert names >= {"functions", "dataproc_jobs", "composer_dags", "dbt", "local_stack", "tests"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT).parent))
def test_each_requirement_is_one_version_with_hashes(path):
    lines = requirements(path)
    assert lines
    for line in lines:
        name, *hashes = re.split(r"\s+(?=--hash)", line.strip())
        assert PIN.fullmatch(name.strip()), line[:80]
        assert hashes, name
        assert all(HASH.fullmatch(text.strip()) for text in hashes), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT).parent))
def test_no_file_says_where_to_download_from(path):
    assert not re.search(r"https?://|--(index|extra-index|find-links)|@ ", path.read_text("utf-8"))


def installations(dockerfile: Path) -> list[str]:
    """Each command of the file that installs Python packages."""
    text = re.sub(r"\\\n\s*", " ", dockerfile.read_text("utf-8"))
    return [part for part in re.split(r"&&|;|\n", text) if re.search(r"\bpip\d? +install\b", part)]


def test_no_image_installs_a_package_but_by_its_hash():
    files = [path for path in ROOT.rglob("*Dockerfile") if ".terraform" not in path.parts]
    commands = [(path, command) for path in files for command in installations(path)]
    assert len(files) >= 6
    assert len(commands) >= 9
    for path, command in commands:
        arguments = command.partition(" install ")[2].split()
        options = {"--no-cache-dir", "--require-hashes", "--no-deps"}
        assert "--require-hashes" in arguments, f"{path.parent.name}: {command}"
        rest = [word for word in arguments if word not in options]
        assert (len(rest), rest[0]) == (2, "-r"), f"{path.parent.name}: {command}"
        assert any(name.endswith(rest[1]) for name in copied(path)), command


def copied(dockerfile: Path) -> list[str]:
    """Where the file copies compiled requirements to; each from one that is tested above."""
    found = re.findall(
        r"^COPY (\S+requirements\S*\.txt) (\S+)$", dockerfile.read_text("utf-8"), re.M
    )
    assert {ROOT / source for source, _ in found} <= set(FILES)
    return [target for _, target in found]


INSTALLERS = [
    path
    for pattern in ("infra/**/*.sh", "infra/bin/*", "local_stack/**/*.sh", "local_stack/**/*.py",
                    "local_stack/bootstrap", "local_stack/demo", "composer_dags/**/*.py",
                    "dataproc_jobs/**/*.py", "tests/compose/*.py")
    for path in sorted(ROOT.glob(pattern))
    if ".terraform" not in path.parts
]  # fmt: skip
OWN_TOOL = "install --quiet uv; } >&2"
"""The one package without a pin: uv itself, which then checks everybody else's hashes."""


def commands(text: str) -> list[str]:
    """Each command of a shell script or each list of words in Python that installs packages."""
    text = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^\s*#.*$", "", text))
    shell = r"\bpip3?['\"]?(?: +-\S+)* +(?:install|sync) +[-'\"$][^\n]*?(?=&&|;|\n|$)"
    words = r"\[[^\[\]]*\"pip3?\",\s*\"(?:install|sync)\"[^\[\]]*\]"
    return re.findall(f"{shell}|{words}", text)


def unhashed(text: str) -> list[str]:
    return [command for command in commands(text) if "--require-hashes" not in command]


def test_whoever_installs_checks_the_hashes_each_time():
    found = {path: commands(path.read_text("utf-8")) for path in INSTALLERS}
    names = {path.name for path, lines in found.items() if lines}
    assert names >= {"bootstrap", "environments.py", "node.sh", "airflow.sh"}
    for path in INSTALLERS:
        text = path.read_text("utf-8")
        if path.name == "bootstrap":
            assert text.count(OWN_TOOL) == 1
            text = text.replace(OWN_TOOL, "")
        assert unhashed(text) == [], path


@pytest.mark.parametrize(
    "bare",
    [
        "pip install --quiet -r more.txt",
        '"$PYTHON" -m pip install --quiet "$more"',
        "'$DATA/dbt/bin/pip' install --quiet 'more'",
        'uv pip sync --quiet \\\n  "$more"',
        'run([uv, "pip", "sync", "--quiet", more])',
    ],
)
def test_a_second_installation_without_hashes_would_be_seen(bare):
    good = "pip install --require-hashes -r requirements.txt"
    assert unhashed(good) == []
    assert len(unhashed(f"{good}\n{bare}\n{good} && {good}\n")) == 1


AUDIT = "pip-audit==2.10.1"
DATABASE = "api.osv.dev"


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT).parent))
def test_no_dependency_has_a_known_hole(path):
    """Asks the open database of vulnerabilities; skipped where it cannot be reached."""
    try:
        socket.create_connection((DATABASE, 443), timeout=5).close()
    except OSError as error:
        pytest.skip(f"{DATABASE} cannot be reached: {error}")
    command = ["uv", "tool", "run", "--quiet", "--from", AUDIT, "pip-audit", "--disable-pip"]
    done = subprocess.run(
        [*command, "--require-hashes", "--vulnerability-service", "osv", "-r", path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr

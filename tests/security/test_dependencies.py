"""What is installed is what was reviewed: exact versions, each with its hashes, from anywhere."""

import re
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


def test_whoever_installs_checks_the_hashes():
    installers = [
        "local_stack/embedded/environments.py",
        "infra/modules/dataproc/scripts/node.sh",
        *(str(p.relative_to(ROOT)) for p in ROOT.glob("local_stack/images/*/Dockerfile")),
    ]
    assert len(installers) >= 5
    for name in installers:
        text = (ROOT / name).read_text("utf-8")
        if "requirements" in text and re.search(r"pip\W+(install|sync)", text):
            assert "--require-hashes" in text, name

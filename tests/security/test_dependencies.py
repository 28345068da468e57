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

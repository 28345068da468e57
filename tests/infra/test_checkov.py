"""checkov over all of infra/: no failed check, every skip with its reason."""

import re
import shutil
import subprocess

import pytest
from infra_support import INFRA, missing

pytestmark = pytest.mark.slow
VERSION = "3.3.30"


def test_checkov_finds_nothing():
    uv = shutil.which("uv")
    if uv is None:
        missing("uv (it gives checkov an environment of its own)")
    command = (
        f"{uv} tool run --python 3.11 --from checkov=={VERSION} checkov -d . --framework terraform"
    )
    options = "--quiet --compact --skip-download --skip-path tests --skip-path .terraform"
    done = subprocess.run(
        [*command.split(), *options.split()], cwd=INFRA, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    found = re.search(r"Passed checks: (\d+), Failed checks: 0", done.stdout)
    assert found, done.stdout[-1000:]
    assert int(found[1]) > 150


def test_every_skip_says_why():
    skips = [
        (path.name, line.strip())
        for path in INFRA.rglob("*.tf")
        if ".terraform" not in path.parts
        for line in path.read_text("utf-8").splitlines()
        if "checkov:skip=" in line
    ]
    assert skips
    assert not [skip for skip in skips if len(skip[1].partition("checkov:skip=")[2]) < 40]

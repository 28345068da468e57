"""Bad input is refused while planning, by a message that names the variable and the way out."""

import json
import re
import shutil

import pytest
from infra_support import INFRA

BAD = INFRA / "tests" / "validation.tftest.hcl"
RUN = re.compile(r"^run \"(\w+)\" \{.*?^\}\n", re.M | re.S)
MESSAGE = re.compile(r"^ +error_message = \"((?:[^\"\\]|\\.)*)\"$", re.M)


def variables() -> dict[str, list[str]]:
    """The messages of each variable's validations, as Terraform prints them."""
    text = (INFRA / "variables.tf").read_text("utf-8")
    blocks = re.findall(r"^variable \"(\w+)\" \{(.*?)^\}", text, re.M | re.S)
    return {name: [m.replace('\\"', '"') for m in MESSAGE.findall(block)] for name, block in blocks}


@pytest.fixture(scope="module")
def refusals(terraform) -> dict[str, str]:
    """What Terraform says to each run of validation.tftest.hcl when nothing is expected."""
    text = BAD.read_text("utf-8")
    head, runs = text.partition("\nrun ")[0], RUN.finditer(text)
    folder = INFRA / "build" / "refused"
    folder.mkdir(parents=True, exist_ok=True)
    said: dict[str, str] = {}
    try:
        for run in runs:
            # A run that fails ends its file, so each has a file of its own.
            bare = re.sub(r"^  expect_failures = .*\n", "", run[0], flags=re.M)
            (folder / f"{run[1]}.tftest.hcl").write_text(f"{head}\n{bare}", "utf-8")
            said[run[1]] = ""
        done = terraform("test", "-json", "-test-directory=build/refused")
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 1
    for line in map(json.loads, done.stdout.splitlines()):
        if line["type"] == "diagnostic" and line["@level"] == "error":
            said[line["@testrun"]] += line["diagnostic"]["detail"] + "\n"
    return said


def test_the_runs_expect_what_terraform_refuses(refusals):
    for run in RUN.finditer(BAD.read_text("utf-8")):
        expected = set(re.findall(r"\bvar\.(\w+)", run[0].partition("expect_failures")[2]))
        refused = {
            n for n, messages in variables().items() for m in messages if m in refusals[run[1]]
        }
        assert refused == expected, run[1]


def test_every_message_of_every_variable_is_seen(refusals):
    said = "".join(refusals.values())
    known = variables()
    assert sum(map(len, known.values())) > 30
    unseen = [m for messages in known.values() for m in messages if m not in said]
    assert not unseen


def test_every_message_names_its_variable(refusals):
    for name, messages in variables().items():
        assert not [m for m in messages if not m.startswith(name)], name


@pytest.mark.parametrize(
    ("run", "parts"),
    [
        ("one", ["project_id must be", "gcloud projects list", "0 would poll without end"]),
        ("one", ["name must be 2 to 11", "network.cidr must be a CIDR range of at least a /24"]),
        ("two", ["region has no Composer 3", "such as europe-west1"]),
        ("budget_too_small", ["credits: the polls cost", "the budget is 3000", "too few"]),
        ("machines_that_do_not_fit", ["up to 30 vCPU (batch 20, bridge 2", "is said to be 24"]),
        ("machines_that_do_not_fit", ["kafka.machine: e2-medium has 4 GB"]),
        ("machines_that_do_not_fit", ["dataproc.stream_machine: e2-standard-2 has 8 GB"]),
    ],
)  # fmt: skip
def test_bad_input_of_each_kind_says_what_to_do(refusals, run, parts):
    for part in parts:
        assert part in refusals[run]

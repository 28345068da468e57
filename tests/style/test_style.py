"""Formats and linters, as part of the tests: one run says whether the tree is clean."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked(*patterns):
    found = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line for line in found.stdout.splitlines() if (ROOT / line).is_file()]


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_python_is_formatted():
    run("ruff", "format", "--check", ".")


def test_python_is_linted():
    run("ruff", "check", ".")


def test_shell_scripts_pass_shellcheck():
    scripts = [
        name
        for name in tracked()
        if (ROOT / name).read_bytes()[:21] in (b"#!/usr/bin/env bash\n#", b"#!/bin/bash\n")
        or name.endswith((".sh", "bootstrap"))
    ]
    scripts = [name for name in scripts if (ROOT / name).suffix in ("", ".sh")]
    assert "local_stack/demo" in scripts
    run("shellcheck", "-x", "-s", "bash", *scripts)


def test_terraform_is_formatted():
    if not shutil.which("terraform"):
        pytest.skip("terraform is missing: install Terraform 1.11")
    run("terraform", "fmt", "-check", "-recursive", "infra")


def test_nothing_names_a_machine_or_a_registry():
    """No generated file may carry an address or a path of where it was made."""
    folders = [f"/{name}/" for name in ("root", "work")] + ["/tmp" + "/probe"]
    folders += [f"{Path.home()}/", f"{ROOT.parent}/"]
    registry = re.compile(r"[\w-]\.\w+/(simple|maven2)\b|/packages/[0-9a-f]{2}/|pythonhosted")
    texts = [n for n in tracked() if n != "tests/style/test_style.py"]
    assert len(texts) > 100
    bad = []
    for name in texts:
        content = (ROOT / name).read_bytes().decode("utf-8", "ignore")
        bad += [f"{name}: {folder}" for folder in folders if folder in content]
        bad += [f"{name}: {found.group()}" for found in registry.finditer(content)]
    assert not bad, bad


def test_the_top_level_is_what_the_readme_says():
    names = {name.split("/")[0] for name in tracked()}
    visible = {name for name in names if not name.startswith(".")}
    assert visible == {
        "infra", "functions", "dataproc_jobs", "composer_dags", "dbt", "local_stack", "tests",
        "README.md", "pyproject.toml", "LICENSE",
    }  # fmt: skip

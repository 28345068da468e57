"""The runbook's commands exist: gcloud's against its own list, sections and files by looking."""

import importlib.util
import re
import shlex
import shutil
from pathlib import Path

import pytest
from infra_support import INFRA, REPOSITORY

README = (INFRA / "README.md").read_text("utf-8")
PLACES = (INFRA / "README.md", INFRA / "bin" / "roll-brokers")


def commands() -> list[str]:
    """Every gcloud command of the runbook, those inside $(…) too."""
    text = "\n".join(place.read_text("utf-8") for place in PLACES).replace("\\\n", " ")
    text, inner = take_out_substitutions(re.sub(r"\$(\w+|\{\w+[^}]*\})", "X", text))
    found = []
    for part in (text, *inner):
        for match in re.finditer(r"\bgcloud [a-z]", part):
            found.append(re.split(r"[`|;&\n]| #", part[match.start() :])[0])
    return found


def take_out_substitutions(text: str) -> tuple[str, list[str]]:
    """Put X in place of each $(…); return the text and what stood inside."""
    inside: list[str] = []
    while (start := text.rfind("$(")) >= 0:
        end, depth = start + 2, 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        inside.append(text[start + 2 : end - 1])
        text = f"{text[:start]}X{text[end:]}"
    return text, inside


@pytest.fixture(scope="module")
def tree() -> dict:
    """gcloud's own tree of commands and flags, which it ships for completion."""
    program = shutil.which("gcloud")
    if program is None:
        pytest.skip("gcloud is not installed")
    file = Path(program).resolve().parents[1] / "data/cli/gcloud_completions.py"
    if not file.exists():
        pytest.skip("this gcloud ships no list of its commands")
    spec = importlib.util.spec_from_file_location("gcloud_completions", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.STATIC_COMPLETION_CLI_TREE


def test_there_are_commands():
    assert len(commands()) > 30


def test_every_gcloud_command_and_flag_exists(tree):
    for command in commands():
        words = shlex.split(command.replace('"', "").replace("'", ""))[1:]
        node, depth = tree, 0
        while depth < len(words) and words[depth] in node["commands"]:
            node = node["commands"][words[depth]]
            depth += 1
        assert depth >= 2, command
        assert not node["commands"], f"{command}: {words[depth:]} is no command"
        own = words[: words.index("--")] if "--" in words else words
        flags = {w.split("=")[0] for w in own[depth:] if w.startswith("--")}
        known = node["flags"].keys() | tree["flags"].keys()
        negated = {f"--no-{flag[2:]}" for flag in known}
        assert flags <= known | negated, (command, flags - known)


def test_links_lead_to_sections():
    sections = {line.lstrip("# ").lower().replace(" ", "-") for line in README.splitlines()
                if re.match(r"#+ ", line)}  # fmt: skip
    links = set(re.findall(r"\]\(#([\w-]+)\)", README))
    assert len(links) > 5
    assert links <= sections


def test_addresses_of_resources_exist():
    named = set(re.findall(r"module\.(\w+)\.(google_\w+)\.(\w+)", README))
    assert len(named) >= 3
    for module, kind, name in named:
        text = "".join(p.read_text("utf-8") for p in (INFRA / "modules" / module).glob("*.tf"))
        assert f'resource "{kind}" "{name}"' in text, (module, kind, name)


def test_dags_that_are_triggered_exist():
    named = set(re.findall(r"`dag (\w+)`", README))
    assert named
    assert named <= {path.stem for path in (REPOSITORY / "composer_dags").glob("*.py")}


def test_containers_and_groups_have_the_names_that_the_scripts_give():
    scripts = "".join(p.read_text("utf-8") for p in INFRA.rglob("modules/*/scripts/*.sh"))
    for name in re.findall(r"sudo docker (?:logs --tail \d+|exec) ([\w-]+)", README):
        given = name.removeprefix("airflow-")
        assert f"--name {name} " in scripts or f"airflow {given} " in scripts, name

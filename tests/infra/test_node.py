"""Dataproc's initialisation action and the small Airflow machine's file copy."""

import base64
import hashlib
import importlib.util
import os
import subprocess
from types import SimpleNamespace

import pytest
from infra_support import INFRA, resources
from machine_stand_ins import Google

JAR = b"a jar"


@pytest.fixture
def node(plans, tmp_path):
    """Runs the planned initialisation action on a pretended node; returns what came of it."""
    (cluster,) = resources(plans["standard"], "google_dataproc_cluster")
    config = cluster["cluster_config"][0]
    metadata = config["gce_cluster_config"][0]["metadata"]
    (script,) = [
        o["content"]
        for o in resources(plans["standard"], "google_storage_bucket_object")
        if config["initialization_action"][0]["script"].endswith(o["name"])
    ]

    def run(spark="spark-core_2.12-3.5.3.jar", python="3.11", jar=JAR):
        spark_home, etc = tmp_path / "spark", tmp_path / "etc"
        (spark_home / "jars").mkdir(parents=True)
        (spark_home / "jars" / spark).write_bytes(b"")
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "python").write_text(
            f'#!/bin/sh\n[ "$1" = -c ] && echo {python} && exit\n'
            f'echo "$PIP_INDEX_URL $*" >>"{tmp_path}/pip.txt"\n'
        )
        (programs / "chgrp").write_text("#!/bin/sh\n")
        for program in programs.iterdir():
            program.chmod(0o755)
        google = Google(dict(metadata))
        google.attributes["maven-repository"] = f"{google.url}/maven"
        google.attributes["jars"] = f"org.example:one:1.0 {hashlib.sha256(JAR).hexdigest()}\n"
        google.objects["/maven/org/example/one/1.0/one-1.0.jar"] = jar
        requirements = (
            "psycopg==3.2.0 \\\n    --hash=sha256:aa\npyspark==3.5.3 \\\n    --hash=sha256:bb\n"
        )
        path = f"/storage/{metadata['code-bucket']}/{metadata['requirements-object']}"
        google.objects[path] = requirements.encode()
        for name in ("ca-cert", "stream"):
            google.secrets[f"coincap-kafka-{name}"] = base64.b64encode(name.encode()).decode()
        file = tmp_path / "node.sh"
        file.write_text(script)
        done = subprocess.run(
            ["bash", file], capture_output=True, text=True, timeout=120,
            env={**os.environ, "METADATA_URL": f"{google.url}/metadata", "WAIT_SECONDS": "0",
                 "START_ATTEMPTS": "1",
                 "SECRETS_URL": f"{google.url}/secrets", "STORAGE_URL": f"{google.url}/storage",
                 "SPARK_HOME": str(spark_home), "PYTHON": str(programs / "python"),
                 "CONFIG": str(etc), "PATH": f"{programs}:{os.environ['PATH']}"},
        )  # fmt: skip
        google.shutdown()
        return done

    return run


def test_node_gets_jars_wheels_and_kafkas_password(node, tmp_path):
    done = node()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "spark/jars/one-1.0.jar").read_bytes() == JAR
    wanted = (tmp_path / "etc/requirements.txt").read_text()
    assert "psycopg==3.2.0" in wanted
    assert "sha256:aa" in wanted
    assert "pyspark" not in wanted, "the image brings its own"
    assert "sha256:bb" not in wanted
    called = (tmp_path / "pip.txt").read_text()
    assert called.startswith("https://oauth2accesstoken:tok@europe-west1-python.pkg.dev/")
    assert "--require-hashes" in called
    jaas = tmp_path / "etc/jaas.conf"
    assert 'password="stream"' in jaas.read_text()
    assert not jaas.stat().st_mode & 0o007, "others may not read the password"


def test_node_refuses_an_image_with_another_scala(node):
    done = node(spark="spark-core_2.13-4.0.0.jar")
    assert done.returncode == 1
    assert "the jars need Spark 3.5 on Scala 2.12" in done.stderr


def test_node_refuses_an_image_with_another_python(node):
    done = node(python="3.12")
    assert done.returncode == 1
    assert "this image has Python 3.12" in done.stderr


def test_node_refuses_a_jar_that_is_not_the_pinned_one(node):
    done = node(jar=b"another jar")
    assert done.returncode == 1
    assert "is not the jar that was pinned" in done.stderr


def blob(name: str, text: str):
    digest = hashlib.md5(text.encode()).hexdigest()
    return SimpleNamespace(
        name=f"airflow/{name}", md5_hash=digest, download_as_bytes=lambda: text.encode()
    )


def test_file_copy_adds_replaces_and_removes(tmp_path):
    path = INFRA / "modules/airflow_vm/scripts/sync.py"
    spec = importlib.util.spec_from_file_location("sync", path)
    sync = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sync)
    seen: dict[str, str] = {}
    first = [blob("dags/a.py", "1"), blob("dags/dbt/models/m.sql", "select 1")]
    assert sync.copy(first, tmp_path, seen) == 2
    assert sync.copy(first, tmp_path, seen) == 0, "unchanged files are left alone"
    assert sync.copy([blob("dags/a.py", "2")], tmp_path, seen) == 2
    assert (tmp_path / "dags/a.py").read_text() == "2"
    assert not (tmp_path / "dags/dbt/models/m.sql").exists()
    assert not list(tmp_path.rglob("*.partial"))

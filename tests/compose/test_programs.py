"""Commands and variables of the stack against the code and the embedded runner."""

import ast
import re

from stack_files import IMAGES, ROOT, settings


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
    from embedded.stream_job import JAVA_OPTIONS

    command = services["stream"]["command"]
    at = command.index("dataproc_jobs/stream.py")
    assert given(command[at:]) <= options("dataproc_jobs/coincap_jobs/driver.py")
    embedded = text("local_stack/embedded/stream_job.py")
    for option in given(command[at:]):
        assert f'"{option}"' in embedded, f"the embedded runner does not give {option}"
    for option in ("--driver-memory", "--driver-java-options", "--master"):
        assert option in command[:at]
        assert f'"{option}"' in embedded
    assert JAVA_OPTIONS in command[:at]


CLUSTER = {"spark.cores.max", "spark.driver.host", "spark.driver.bindAddress"}
"""What a job needs on a cluster alone."""


def test_the_stream_has_the_embedded_jobs_settings_and_options(services):
    from embedded import stream_job

    command, environment = services["stream"]["command"], services["stream"]["environment"]
    at = command.index("dataproc_jobs/stream.py")

    compose = settings(command[:at])
    assert settings(stream_job.lasting(4040)) == {
        name: value for name, value in compose.items() if name not in CLUSTER
    }
    embedded = text("local_stack/embedded/stream_job.py")
    body = embedded[embedded.index('JOBS / "stream.py"') : embedded.index("*extra,")]
    assert set(re.findall(r'"(--[\w-]+)"', body)) == given(command[at:])
    assert re.search(r'"MALLOC_ARENA_MAX": "(\d)"', embedded)[1] == environment["MALLOC_ARENA_MAX"]
    for name in ("spark-worker-1", "spark-worker-2"):
        assert services[name]["environment"]["MALLOC_ARENA_MAX"] == environment["MALLOC_ARENA_MAX"]


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
        for folder in ("functions", "composer_dags", "dbt", "dataproc_jobs", "local_stack/images")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".yml", ".sh")
    )  # fmt: skip
    foreign = {"BIGQUERY_EMULATOR_HOST"}  # Google's own libraries read it
    reads = set(re.findall(r"""(?:environ(?:ment)?|env)(?:\.get\(|\[)\s*["'](\w+)["']""", read))
    reads |= set(re.findall(r"""env_var\(\s*["'](\w+)["']""", read))
    reads |= set(re.findall(r"""environ\.get\(["'](\w+)["']""", read))
    given_names = {
        name
        for service in services.values()
        for name in (service.get("environment") or {})
        if name.startswith(("COINCAP_", "BIGQUERY_"))
    }
    assert len(given_names) > 10
    for name in given_names:
        assert name in reads | foreign, f"nothing reads {name}"


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


def test_airflows_settings_have_the_values_of_a_kept_embedded_stack(services):
    """But for the health page, which compose's healthcheck asks, and what one machine spares."""
    from embedded.airflow_services import SETTINGS

    environment = services["airflow-scheduler"]["environment"]
    source = text("local_stack/embedded/airflow.py")
    embedded = dict(re.findall(r'"(AIRFLOW__\w+)": "([^"]*)",', source)) | SETTINGS
    shared = embedded.keys() & environment.keys()
    assert len(shared) >= 9
    assert {name for name in shared if str(environment[name]) != embedded[name]} == {
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK"
    }


def test_scripts_that_compose_runs_are_in_their_images(services):
    for name, service in services.items():
        for word in (*service.get("entrypoint", []), *(service.get("command") or [])):
            if not isinstance(word, str) or not word.endswith(".py"):
                continue
            inside = {"pubsub.py": "local_stack/images/pubsub.py"}.get(word, word)
            inside = inside.replace("/opt/coincap/submit.py", "local_stack/images/spark/submit.py")
            assert (ROOT / inside).exists(), f"{name}: {word}"

"""The compose file: complete, bounded, private, without a secret."""

import re
import shlex
import subprocess

import yaml
from stack_files import FILE, STACK, settings

MIB = 2**20
ONE_SHOT = "service_completed_successfully"
PROFILES = {"batch", "bridge", "console"}
SEED = {
    "kafka", "connect", "pubsub", "topics", "kafka-console", "spark-master", "spark-worker-1",
    "spark-worker-2", "stream", "airflow-api-server", "airflow-scheduler",
    "airflow-dag-processor", "airflow-triggerer", "postgres", "migrate", "grafana", "bigquery",
    "simulator", "function-poll", "poller",
}  # fmt: skip


def once(services: dict) -> set[str]:
    """Return the services that others wait for to end, and those that restart no more."""
    return {
        name
        for service in services.values()
        for name, how in (service.get("depends_on") or {}).items()
        if how["condition"] == ONE_SHOT
    }


def limit(service: dict) -> int:
    number, letter = re.fullmatch(r"(\d+)([mg])", service["mem_limit"]).groups()
    return int(number) * (1024 if letter == "g" else 1)


def test_docker_compose_itself_accepts_the_file(resolved, services):
    assert set(resolved["services"]) == set(services)
    for name, service in resolved["services"].items():
        assert int(service["mem_limit"]) == limit(services[name]) * MIB, name


def test_every_component_of_the_seed_is_there(services):
    assert set(services) >= SEED


def test_the_default_profile_fits_in_8_gib_and_everything_in_14(services):
    running = {n: s for n, s in services.items() if n not in once(services)}
    default = sum(limit(s) for s in running.values() if not s.get("profiles"))
    assert len(running) > 15
    assert default < 8 * 1024, default
    assert sum(limit(s) for s in running.values()) < 14 * 1024
    assert {p for s in services.values() for p in s.get("profiles", [])} == PROFILES


def test_no_service_is_without_bounds(services):
    for name, service in services.items():
        log = service["logging"]
        assert log["driver"] == "json-file", name
        assert set(log["options"]) == {"max-size", "max-file"}, name
        assert service.get("mem_limit"), name
        assert service.get("cpus"), name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert not service.get("privileged"), name


def test_whatever_runs_on_has_a_healthcheck_and_whatever_waits_says_for_what(services):
    for name, service in services.items():
        if name not in once(services):
            assert service.get("healthcheck"), name
        for other, how in (service.get("depends_on") or {}).items():
            ends = other in once(services)
            assert how["condition"] == (ONE_SHOT if ends else "service_healthy"), (name, other)


def test_a_service_waits_only_for_what_its_profile_starts(services):
    for name, service in services.items():
        mine = set(service.get("profiles", []))
        for other in service.get("depends_on") or {}:
            theirs = set(services[other].get("profiles", []))
            assert not theirs or theirs == mine, (name, other)


def test_ports_are_on_loopback_and_each_can_be_moved(services):
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert len(ports) >= 8
    names = []
    for port in ports:
        found = re.fullmatch(r"127\.0\.0\.1:\$\{(COINCAP_PORT_\w+):-(\d+)\}:(\d+)", port)
        assert found, port
        names.append((found[1], found[2]))
    assert len(set(names)) == len(names) == len({number for _, number in names})
    example = (STACK / ".env.example").read_text("utf-8")
    for name, number in names:
        assert f"#{name}={number}\n" in example


DEFAULTS = {"grafana": "3000", "postgres": "5432", "stream": "4040", "kafka-console": "8080"}
"""Ports that the programs take without being told; Spark's own pages begin at 4040."""


def test_a_published_port_is_one_that_the_program_listens_on(services):
    checked = 0
    for name, service in services.items():
        for port in service.get("ports", []):
            inside = port.rpartition(":")[2]
            told = [*service.get("command", []), *(service.get("environment") or {}).values()]
            if name == "bigquery":
                told = (STACK / "images/bigquery/Dockerfile").read_text("utf-8").split('"')
            heard = any(re.search(rf"(^|[:=]){inside}(\b|$)", str(word)) for word in told)
            assert heard or DEFAULTS.get(name) == inside, f"{name}: {inside}"
            checked += 1
    assert checked >= 10


def test_every_image_is_pinned(services):
    for name, service in services.items():
        named, _, digest = service["image"].partition("@sha256:")
        assert re.fullmatch(r"[0-9a-f]{64}|", digest), name
        image, _, tag = named.rpartition(":")
        assert image, name
        if tag == "local":
            assert service["build"]["dockerfile"].startswith("local_stack/images/"), name
        else:
            assert re.search(r"\d+\.\d+", tag), f"{name}: {tag} is no version"


def test_there_is_no_password_in_any_file(services):
    for path in [FILE, STACK / ".env.example", *STACK.glob("grafana/provisioning/**/*.yaml")]:
        for line in path.read_text("utf-8").splitlines():
            found = re.search(r"(?i)(password|secret|api_?key)\w*[=:]\s*(\S+)", line)
            if found and not line.lstrip().startswith("#"):
                assert re.match(r"/run/coincap/|\$__file|\$\{\w+:-\}", found[2]), line
    assert "POSTGRES_PASSWORD_FILE" in services["postgres"]["environment"]
    assert "GF_SECURITY_ADMIN_PASSWORD__FILE" in services["grafana"]["environment"]


def test_every_mounted_path_and_volume_exists(services):
    volumes = set(yaml.safe_load(FILE.read_text("utf-8"))["volumes"])
    used = set()
    for name, service in services.items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (STACK / source).exists(), f"{name}: {source}"
            else:
                used.add(source)
    assert used == volumes


def test_every_variable_of_the_file_is_explained(services):
    named = set(re.findall(r"(?<!\$)\$\{(\w+)", FILE.read_text("utf-8")))
    example = (STACK / ".env.example").read_text("utf-8")
    assert named == set(re.findall(r"^#?(\w+)=", example, re.M))


def test_airflow_has_room_for_the_spark_driver_that_it_starts(services):
    environment = services["airflow-scheduler"]["environment"]
    at_once = int(environment["AIRFLOW__CORE__PARALLELISM"])
    source = (STACK.parent / "composer_dags" / "coincap_dags" / "target.py").read_text("utf-8")
    default = re.search(r'LOCAL_MEMORY = "(\d+[mg])"', source)[1]
    memory = environment.get("COINCAP_SPARK_MEMORY", default)
    heap = limit({"mem_limit": memory})
    # Beside its heap a driver has about a fifth for itself; Airflow and dbt have 512 MiB.
    assert limit(services["airflow-scheduler"]) >= at_once * heap * 1.2 + 512


WORKERS = ("spark-worker-1", "spark-worker-2")


def test_the_stream_and_a_batch_have_a_core_of_the_cluster_each(services):
    """Whichever starts first: nothing takes the second core, and a worker's memory is enough."""
    stream = int(settings(services["stream"]["command"])["spark.cores.max"])
    options = services["spark-master"]["environment"]["SPARK_MASTER_OPTS"]
    batch = int(re.search(r"-Dspark\.deploy\.defaultCores=(\d+)", options)[1])
    at_once = int(services["airflow-scheduler"]["environment"]["AIRFLOW__CORE__PARALLELISM"])
    commands = [services[name]["command"] for name in WORKERS]
    cores = [int(command[command.index("--cores") + 1]) for command in commands]
    assert stream + batch * at_once <= sum(cores)
    executor = services["stream"]["command"]
    assert executor[executor.index("--executor-memory") + 1] == "1g", "Spark's default, a batch's"
    for command in commands:
        assert limit({"mem_limit": command[command.index("--memory") + 1]}) >= 1024


def test_a_batch_runs_on_the_cluster_and_its_executor_finds_what_the_driver_names(services):
    from coincap_dags.operators import submit_words
    from coincap_dags.target import current

    scheduler, stream = services["airflow-scheduler"], services["stream"]
    environment = scheduler["environment"]
    words = submit_words(current(environment))
    master = stream["command"][stream["command"].index("--master") + 1]
    assert words[words.index("--master") + 1] == master
    assert master.removeprefix("spark://").partition(":")[0] in services
    assert not {"spark.driver.host", "spark.cores.max"} & settings(words).keys()
    assert services[environment["SPARK_LOCAL_HOSTNAME"]] is scheduler
    # The task names the Python beside spark-submit; the code and the lake are at one path in both.
    folder = environment["COINCAP_SPARK_SUBMIT"].rpartition("/bin/")[0]
    images = {name: (STACK / "images" / name / "Dockerfile").read_text("utf-8")
              for name in ("airflow", "spark")}  # fmt: skip
    for name, text in images.items():
        assert f"python -m venv {folder} " in text, name
        assert f"PYSPARK_PYTHON={folder}/bin/python" in text, name
        assert f"SPARK_HOME={folder}/lib/python3.11/site-packages/pyspark" in text, name
        assert "COPY dataproc_jobs /opt/coincap/dataproc_jobs" in text, name
        assert re.search(r"PYTHONPATH=\S*/opt/coincap/functions:/opt/coincap/dataproc_jobs", text)
        assert "useradd --uid 10001" in text, name
    pythons = {re.search(r"^FROM (python:\S+)$", text, re.M)[1] for text in images.values()}
    assert len(pythons) == 1
    for name in ("airflow-scheduler", *WORKERS):
        assert "lake:/data/buckets" in services[name]["volumes"], name
        if name in WORKERS:
            assert scheduler["depends_on"][name]["condition"] == "service_healthy"


def test_the_readme_lists_how_to_pin_digests_and_its_command_gives_the_foreign_images(
    compose, services
):
    readme = (STACK / "images" / "README.md").read_text("utf-8")
    (line,) = re.findall(r"^docker (compose .*config --images).*\\$", readme, re.M)
    done = subprocess.run(
        [*compose, *shlex.split(line)[1:]], cwd=STACK, capture_output=True, text=True, check=True
    )
    foreign = {image for image in done.stdout.split() if not image.endswith(":local")}
    assert foreign == {s["image"] for s in services.values() if "build" not in s}

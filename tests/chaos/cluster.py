"""A standalone Spark cluster of two executors that Spark takes for two machines.

Spark starts a speculative attempt on another host only, so two executors of one host, as in
``local-cluster``, never show one. Here each worker has an address of its own on the loopback.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from chaos.programs import kill, with_word
from embedded.processes import Component, Supervisor, free_port
from embedded.stream_job import spark_environment

_HOSTS = ("127.0.0.2", "127.0.0.3")


@contextmanager
def cluster(supervisor: Supervisor) -> Iterator[str]:
    """Start a master and a worker (one core, 1 GiB) per host; yield the master's URL."""
    port = free_port()
    url = f"spark://127.0.0.1:{port}"
    started: list[Component] = []

    def start(name: str, host: str, kind: str, *arguments: str, is_ready) -> None:
        environment = {**os.environ, **spark_environment(), "SPARK_LOCAL_IP": host}
        program = os.path.join(environment["SPARK_HOME"], "bin", "spark-class")
        role = f"org.apache.spark.deploy.{kind}"
        command = [program, role, "--host", host, "--webui-port", "0", *arguments]
        component = supervisor.start(name, command, env=environment)
        started.append(component)
        supervisor.wait_ready(component, lambda: is_ready(component))

    def listens(_component: Component) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def is_registered(component: Component) -> bool:
        return "registered with master" in component.log.read_text("utf-8", "replace")

    try:
        start("spark-master", "127.0.0.1", "master.Master", "--port", str(port), is_ready=listens)
        for number, host in enumerate(_HOSTS):
            work = str(supervisor.folder.root / f"spark-work-{number}")
            limits = ("--cores", "1", "--memory", "1g", "--work-dir", work)
            name = f"spark-worker-{number}"
            start(name, host, "worker.Worker", *limits, url, is_ready=is_registered)
        yield url
    finally:
        for component in reversed(started):
            kill(component)
            supervisor.components.remove(component)


def executors(supervisor: Supervisor) -> list[int]:
    """Return the pids of the cluster's executors."""
    workers = [each for each in supervisor.components if each.name.startswith("spark-worker-")]
    return [pid for each in workers for pid in with_word(each, "CoarseGrainedExecutorBackend")]

"""A real cluster on this machine from the properties that Terraform renders.

Only what a machine decides is put in its place: host names and ports become loopback ones,
/mnt/disks/kafka a folder, and the passwords are filled in as the start-up script does.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from java_tools import QUIET, class_path, java, java_home, write_tools

USERS = ("admin", "bridge", "stream")
ROLES = {"9092": "internal", "9093": "controller", "9094": "clients"}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """Brokers by node id, from the metadata of their planned machines."""

    def __init__(self, root: Path, machines: dict[str, dict[str, str]]):
        self.root, self.machines = root, machines
        self.password = {user: secrets.token_urlsafe(18) for user in USERS}
        self.store_password = secrets.token_urlsafe(18)
        self.ports = {(node, port): free_port() for node in machines for port in ROLES}
        self.processes: dict[str, subprocess.Popen] = {}
        self.ca = root / "ca" / "ca.pem"

    @property
    def bootstrap(self) -> str:
        """Addresses for clients."""
        return ",".join(f"localhost:{self.ports[node, '9094']}" for node in self.machines)

    def localise(self, text: str, node: str) -> str:
        """Rendered text with this machine's addresses and folders."""
        for (other, port), free in self.ports.items():
            text = text.replace(f"kafka-{other}.coincap.internal:{port}", f"localhost:{free}")
        for port in ROLES:
            text = text.replace(f"0.0.0.0:{port}", f"127.0.0.1:{self.ports[node, port]}")
        return text.replace("/mnt/disks/kafka", str(self.root / node))

    def prepare(self) -> None:
        """Make certificates, configuration and formatted storage of every node."""
        first = next(iter(self.machines.values()))
        script = self.root / "certificates.sh"
        script.write_text(first["certificates-script"])
        self.ca.parent.mkdir(parents=True)
        self._certificates(script, "ca", self.ca.parent)
        for node, settings in self.machines.items():
            home = self.root / node
            for name in ("log", "tls", "config"):
                (home / name).mkdir(parents=True)
            for name in ("ca.p12", "ca.pem"):
                shutil.copy(self.ca.parent / name, home / "tls" / name)
            self._certificates(script, "broker", home / "tls", "localhost")
            security = settings["security-properties"].replace(
                "@STORE_PASSWORD@", self.store_password
            )
            text = self.localise(settings["server-properties"] + security, node)
            (home / "config" / "server.properties").write_text(text)
            self._format(node, settings["cluster-id"])

    def start(self, node: str) -> None:
        """Start one broker."""
        log = (self.root / node / "broker.log").open("ab")
        self.processes[node] = subprocess.Popen(
            [java(), "-Xmx320m", QUIET, "-cp", class_path(), "kafka.Kafka",
             str(self.root / node / "config" / "server.properties")],
            stdout=log, stderr=log,
        )  # fmt: skip

    def kill(self, node: str) -> None:
        """Kill one broker as a lost machine would: at once."""
        process = self.processes.pop(node)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def set_up(self) -> str:
        """Run the watch script once: topics, rights, figures; return what it printed."""
        settings = next(iter(self.machines.values()))
        config = self.root / "watch"
        config.mkdir()
        admin = settings["admin-properties"].replace("@PASSWORD@", self.password["admin"])
        (config / "admin.properties").write_text(self.localise(admin, next(iter(self.machines))))
        for name in ("topics", "grants"):
            (config / f"{name}.txt").write_text(settings[name])
        (config / "watch.sh").write_text(settings["watch-script"])
        done = subprocess.run(
            ["sh", config / "watch.sh"],
            env={**os.environ, "KAFKA_BIN": str(write_tools(self.root / "bin")), "ROUNDS": "1",
                 "INTERVAL": "0", "BOOTSTRAP": self.bootstrap, "CONFIG": str(config)},
            capture_output=True, text=True, timeout=400,
        )  # fmt: skip
        return done.stdout + done.stderr

    def client(self, user: str) -> dict:
        """Arguments for kafka-python's clients."""
        return {
            "bootstrap_servers": self.bootstrap.split(","),
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user,
            "sasl_plain_password": self.password[user],
            "ssl_cafile": str(self.ca),
            "request_timeout_ms": 20_000,
        }

    def stop(self) -> None:
        """Stop every broker; they need a majority to leave in order, so give up soon."""
        for process in self.processes.values():
            process.terminate()
        deadline = time.monotonic() + 20
        for process in self.processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _certificates(self, script: Path, *arguments) -> None:
        path = f"{java_home() / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "STORE_PASSWORD": self.store_password}
        done = subprocess.run(
            ["sh", script, *map(str, arguments)], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _format(self, node: str, cluster_id: str) -> None:
        users = self.root / node / "config" / "users.txt"  # as the start-up script passes them
        users.write_text("".join(
            f"--add-scram\nSCRAM-SHA-512=[name={u},password={p}]\n"
            for u, p in self.password.items()
        ))  # fmt: skip
        done = subprocess.run(
            [java(), QUIET, "-cp", class_path(), "kafka.tools.StorageTool", "format",
             "--ignore-formatted", "--cluster-id", cluster_id,
             "--config", str(self.root / node / "config" / "server.properties"),
             f"@{users}"],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

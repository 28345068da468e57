"""Kafka Connect against the Pub/Sub emulator, with the properties that Terraform renders.

The connector dials pubsub.googleapis.com and nothing else when it starts. relay.py stands in
for that name, so that its properties need no change. Usage: bridge.py STATE_FOLDER.
"""

import asyncio
import os
import sys
import zipfile
from pathlib import Path
from string import Template

import mend
import relay
import tls

from coincap.topics import Topic, topics

TEMPLATES = Path(os.environ.get("COINCAP_BRIDGE_TEMPLATES", "/opt/coincap/templates"))
PLUGINS = Path("/opt/plugins")
REST_PORT = 8083
CLASS = "com.google.pubsub.kafka.{0}.CloudPubSub{1}Connector"


def subscription(topic: str) -> str:
    """Return the name of the subscription that the bridge reads."""
    return f"{topic}.bridge"


def connector(topic: Topic, project: str) -> str:
    """Return the connector's properties of a topic, by its route."""
    source = topic.route == "to_kafka"
    name = topic.name.replace(".", "-")
    text = _template("source" if source else "sink").substitute(
        name=f"{name}-{'source' if source else 'sink'}",
        project=project,
        topic=topic.name,
        subscription=subscription(topic.name),
        tasks=2 if source and topic.partitions > 2 else 1,
        max_message_bytes=topic.max_message_bytes,
    )
    return f"{text}gcp.sa.credentials.file.path=sa.json\n"


def worker(bootstrap: str, state: Path) -> str:
    """Return the properties of the standalone worker."""
    return _template("worker").substitute(
        bootstrap=bootstrap, rest_port=REST_PORT, state_dir=state, plugin_dir=state / "plugins"
    )


def write(state: Path, project: str, bootstrap: str) -> list[Path]:
    """Write every file that Connect reads into ``state``; return the connectors' files."""
    tls.write(state, f"http://127.0.0.1:{relay.TOKEN_PORT}/token", project)
    (state / "worker.properties").write_text(worker(bootstrap, state))
    _lay_out_plugin(state / "plugins" / "pubsub")
    files = []
    for topic in topics().values():
        file = state / f"connector-{topic.name}.properties"
        file.write_text(connector(topic, project))
        files.append(file)
    return files


def _lay_out_plugin(folder: Path) -> None:
    """Link the connector's jars into ``folder``, and the manifests that Connect finds it by.

    Both must be in one folder: Connect loads each entry of plugin.path apart from the others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for jar in PLUGINS.glob("*/*.jar"):
        (folder / jar.name).unlink(missing_ok=True)
        (folder / jar.name).symlink_to(jar)
    with zipfile.ZipFile(folder / "manifests.jar", "w") as jar:
        for kind in ("Source", "Sink"):
            name = f"META-INF/services/org.apache.kafka.connect.{kind.lower()}.{kind}Connector"
            jar.writestr(name, CLASS.format(kind.lower(), kind) + "\n")


def command(state: Path, connectors: list[Path]) -> list[str]:
    """Return the worker's command line."""
    return [
        "java", "-Xmx384m", "-cp", "/opt/kafka/libs/*",
        "-Dhttps.proxyHost=127.0.0.1", f"-Dhttps.proxyPort={relay.PROXY_PORT}",
        f"-Djavax.net.ssl.trustStore={state / 'trust.p12'}",
        f"-Djavax.net.ssl.trustStorePassword={tls.STORE_WORD}",
        "org.apache.kafka.connect.cli.ConnectStandalone",
        str(state / "worker.properties"), *map(str, connectors),
    ]  # fmt: skip


def _template(name: str) -> Template:
    return Template((TEMPLATES / f"{name}.properties.tftpl").read_text("utf-8"))


async def main() -> int:
    """Relay and run the worker until it ends; return its exit code."""
    state = Path(sys.argv[1])
    files = write(state, os.environ["COINCAP_PROJECT"], os.environ["COINCAP_KAFKA_BOOTSTRAP"])
    host, _, port = os.environ["PUBSUB_EMULATOR_HOST"].partition(":")
    await relay.serve(state, host, int(port))
    process = await asyncio.create_subprocess_exec(*command(state, files), cwd=state)
    mending = asyncio.create_task(mend.keep_mending(f"http://127.0.0.1:{REST_PORT}"))
    try:
        return await process.wait()
    finally:
        mending.cancel()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

"""The bridge's properties and its stand-in for pubsub.googleapis.com."""

import asyncio
import json
import shutil
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from stack_files import ROOT, free_ports

from coincap.topics import topics


def text(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


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

    ports = iter(free_ports(3))
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


def test_a_connector_that_failed_is_started_again_and_no_other():
    import mend

    def status(connector: str, *tasks: str) -> dict:
        return {"status": {"connector": {"state": connector},
                           "tasks": [{"state": state} for state in tasks]}}  # fmt: skip

    states = {
        "well": status("RUNNING", "RUNNING"),
        "task": status("RUNNING", "RUNNING", "FAILED"),
        "whole": status("FAILED"),
        "paused": status("PAUSED", "PAUSED"),
    }
    asked = []

    class Connect(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(json.dumps(states).encode())

        def do_POST(self):
            asked.append(self.path)
            self.answer(b"")

        def answer(self, body: bytes):
            self.send_response(202)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Connect)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert mend.mend(f"http://127.0.0.1:{server.server_port}") == ["task", "whole"]
    finally:
        server.shutdown()
        server.server_close()
    end = "restart?includeTasks=true&onlyFailed=true"
    assert asked == [f"/connectors/task/{end}", f"/connectors/whole/{end}"]


def _openssl_only(run):
    return lambda folder, command: "" if command.startswith("keytool") else run(folder, command)

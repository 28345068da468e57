"""pubsub.googleapis.com on this machine, for a connector that can't be told of an emulator.

The released connector always asks the real address when it starts. So the worker gets an HTTP
CONNECT proxy that leads that one name to a TLS terminator in front of the emulator, a trust
store that knows the terminator's certificate, and a key file whose token address is ours.
"""

import asyncio
import json
import ssl
import subprocess
import threading
from pathlib import Path

from java_tools import java_home

NAME = "pubsub.googleapis.com"


class GoogleStandIn:
    """TLS terminator, CONNECT proxy and token endpoint, on free loopback ports."""

    def __init__(self, folder: Path, emulator: tuple[str, int]):
        self._folder, self._emulator = folder, emulator
        self.ports: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Make keys and certificates, and listen."""
        self._make_certificates()
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(30)
        self._write_key_file()

    def stop(self) -> None:
        """End every connection and stop listening."""
        asyncio.run_coroutine_threadsafe(_end_connections(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def java_options(self) -> list[str]:
        """What the worker's JVM needs; its properties stay production's own."""
        return [
            "-Dhttps.proxyHost=127.0.0.1",
            f"-Dhttps.proxyPort={self.ports['proxy']}",
            f"-Djavax.net.ssl.trustStore={self._folder / 'trust.p12'}",
            "-Djavax.net.ssl.trustStorePassword=changeit",
        ]

    @property
    def key_file(self) -> Path:
        """Credentials of a service account that exists nowhere."""
        return self._folder / "account.json"

    async def _listen(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        context.set_alpn_protocols(["h2"])
        for name, handler, tls in (
            ("tls", self._terminate, context),
            ("proxy", self._proxy, None),
            ("token", self._token, None),
        ):
            server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=tls)
            self.ports[name] = server.sockets[0].getsockname()[1]

    async def _terminate(self, reader, writer) -> None:
        await _relay(reader, writer, self._emulator)

    async def _proxy(self, reader, writer) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0]
        if request.split()[1] != f"{NAME}:443".encode():
            writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await writer.drain()
        await _relay(reader, writer, ("127.0.0.1", self.ports["tls"]))

    async def _token(self, reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps({"access_token": "none", "expires_in": 3600, "token_type": "Bearer"})
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        writer.write(f"{head}\r\nConnection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    def _make_certificates(self) -> None:
        names = f"subjectAltName=DNS:{NAME},DNS:localhost,IP:127.0.0.1"
        self._run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                  "-subj", f"/CN={NAME}", "-addext", names, "-keyout", "server.key",
                  "-out", "server.pem")  # fmt: skip
        self._run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                  "-out", "account.key")  # fmt: skip
        self._run(str(java_home() / "bin" / "keytool"), "-importcert", "-noprompt", "-alias", "own",
                  "-file", "server.pem", "-keystore", "trust.p12", "-storetype", "PKCS12",
                  "-storepass", "changeit")  # fmt: skip

    def _write_key_file(self) -> None:
        key = {
            "type": "service_account",
            "project_id": "test-project",
            "private_key_id": "0",
            "client_id": "0",
            "client_email": "bridge@test-project.iam.gserviceaccount.com",
            "private_key": (self._folder / "account.key").read_text(),
            "token_uri": f"http://127.0.0.1:{self.ports['token']}/token",
        }
        self.key_file.write_text(json.dumps(key))

    def _run(self, *words: str) -> None:
        done = subprocess.run(words, cwd=self._folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


async def _end_connections() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _pipe(reader, writer) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, ssl.SSLError, TimeoutError):
        pass
    finally:
        writer.close()


async def _relay(reader, writer, address) -> None:
    try:
        far_reader, far_writer = await asyncio.open_connection(*address)
    except OSError:
        writer.close()
        return
    await asyncio.gather(_pipe(reader, far_writer), _pipe(far_reader, writer))

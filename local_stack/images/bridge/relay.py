"""Stands in for pubsub.googleapis.com: a CONNECT proxy, a TLS end, a token endpoint.

The connector's start-up check ignores every endpoint setting, and Java's Pub/Sub client knows no
emulator; both honour the JVM's HTTPS proxy. gRPC needs ALPN h2 from the TLS end.
"""

import asyncio
import contextlib
import json
import ssl
from pathlib import Path

TLS_PORT, PROXY_PORT, TOKEN_PORT = 8443, 8444, 8445
NAME = b"pubsub.googleapis.com:443"


async def serve(folder: Path, host: str, port: int) -> list[asyncio.Server]:
    """Listen on loopback; everything for Pub/Sub goes to the emulator at host:port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.set_alpn_protocols(["h2"])

    async def to_emulator(reader, writer):
        await _relay(reader, writer, host, port)

    loopback = "127.0.0.1"
    return [
        await asyncio.start_server(to_emulator, loopback, TLS_PORT, ssl=context),
        await asyncio.start_server(_proxy, loopback, PROXY_PORT),
        await asyncio.start_server(_token, loopback, TOKEN_PORT),
    ]


async def _proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if head.split()[1] != NAME:
        writer.write(b"HTTP/1.1 403 only Pub/Sub\r\n\r\n")
        await writer.drain()
        writer.close()
        return
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    await writer.drain()
    await _relay(reader, writer, "127.0.0.1", TLS_PORT)


async def _token(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    lengths = [line for line in head.split("\r\n") if line.startswith("content-length:")]
    await reader.readexactly(int(lengths[0].split(":")[1]) if lengths else 0)
    body = json.dumps({"access_token": "local", "expires_in": 3600, "token_type": "Bearer"})
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body.encode())
    )
    await writer.drain()
    writer.close()


async def _relay(reader, writer, host: str, port: int) -> None:
    try:
        up_reader, up_writer = await asyncio.open_connection(host, port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(_pipe(reader, up_writer), _pipe(up_reader, writer))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
        while block := await reader.read(65536):
            writer.write(block)
            await writer.drain()
    with contextlib.suppress(Exception):
        writer.close()

"""An answer that drips: the time-out holds for all of it, however often a byte comes."""

import gzip
import json
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from ingest.bounded import within
from ingest.client import Client, FetchFailed
from ingest.settings import Settings

BODY = json.dumps({"timestamp": 1_729_168_800_000, "data": []}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"
ZIPPED = gzip.compress(BODY)
SIZED = b"Content-Length: %d\r\n\r\n"
ANSWERS = {
    "body": (HEAD + SIZED % len(BODY), BODY),
    "body without its length": (HEAD + b"Connection: close\r\n\r\n", BODY),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", CHUNKED),
    "gzip": (HEAD + b"Content-Encoding: gzip\r\n" + SIZED % len(ZIPPED), ZIPPED),
    "headers": (b"", HEAD + SIZED % len(BODY) + BODY),
}


@contextmanager
def dripping(at_once: bytes, dripped: bytes, gap_s: float):
    """Serve one answer to everybody, its second part byte by byte; yield the address."""

    def answer(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(at_once)
                for byte in dripped:
                    connection.sendall(bytes([byte]))
                    time.sleep(gap_s)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v3"
        server.shutdown(socket.SHUT_RDWR)


def client(url: str, timeout_s: float) -> Client:
    settings = Settings(lake="unused", api_url=url, timeout_s=timeout_s, attempts=2)
    return Client(settings, sleep=lambda _s: None)


@pytest.mark.parametrize("part", ANSWERS)
def test_an_answer_that_drips_is_cut_at_the_time_out(part):
    with dripping(*ANSWERS[part], gap_s=0.1) as url, pytest.raises(FetchFailed) as failed:
        client(url, timeout_s=0.3).get("rates", {})
    assert [call.status for call in failed.value.calls] == [None if part == "headers" else 200] * 2
    words = "no answer: ReadTimeout" if part == "headers" else "not complete within 0.3 s"
    assert all(words in call.error for call in failed.value.calls)


@pytest.mark.parametrize("part", ANSWERS)
def test_an_answer_that_drips_fast_enough_is_whole(part):
    with dripping(*ANSWERS[part], gap_s=0) as url:
        assert client(url, timeout_s=30).get("rates", {}).body == BODY


@pytest.mark.parametrize("broken", [False, True])
def test_what_was_cut_is_late_whatever_the_block_made_of_it(broken):
    cut = threading.Event()

    def read() -> None:
        with within(0.01, cut.set):
            cut.wait()
            if broken:
                raise ValueError("half a body")

    with pytest.raises(TimeoutError):
        read()


def test_an_error_in_time_is_itself():
    with pytest.raises(ValueError, match="own"), within(60, print):
        raise ValueError("own")

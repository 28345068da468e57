"""A TCP proxy on loopback that can cut a connection at COMMIT, or drip an answer."""

import contextlib
import socket
import threading
import time

_COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
"""PostgreSQL's simple query, as psycopg sends it."""


class Proxy:
    """Passes bytes both ways. Thread safe; ends with the process."""

    def __init__(self, target_port: int, victim: bytes = b"coincap-stream\x00"):
        self._target, self._victim = target_port, victim
        self._armed: str | None = None
        self.drip_s = 0.0
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at_commit(self, side: str) -> None:
        """Cut the victim's connection at its next COMMIT, ``before`` or ``after`` it is sent."""
        self._armed = side

    def close(self) -> None:
        """Take no new connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target), 10)
            server.settimeout(None)
        except OSError:
            client.close()
            return
        back = threading.Thread(target=self._pass, args=(server, client, self.drip_s), daemon=True)
        back.start()
        self._forward(client, server)

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        watched = False
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                watched = watched or self._victim in data[:1000]
                if watched and self._armed and _COMMIT in data:
                    side, self._armed = self._armed, None
                    self.cuts += 1
                    if side == "after":
                        server.sendall(data)
                        time.sleep(0.2)
                    break
                server.sendall(data)
        _end(client)
        _end(server)

    @staticmethod
    def _pass(server: socket.socket, client: socket.socket, drip_s: float) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(512 if drip_s else 65536):
                client.sendall(data)
                time.sleep(drip_s)
        _end(client)
        _end(server)


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()

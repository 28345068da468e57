"""Time limits for what a server sends: a socket's own time-out starts anew with every byte."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from socket import SHUT_RD
from threading import Event, Timer

from requests.adapters import HTTPAdapter


@contextmanager
def within(seconds: float, cut: Callable[[], None]) -> Iterator[None]:
    """Let a block read for so long; then ``cut`` ends its reading from another thread.

    Raises TimeoutError where the block was cut, whatever it made of that: half a body can look
    whole.
    """
    late = Event()

    def act() -> None:
        late.set()
        with suppress(OSError, RuntimeError, ValueError):  # already closed, or back in the pool
            cut()

    timer = Timer(seconds, act)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError(f"cut after {seconds} s")


class BoundedAdapter(HTTPAdapter):
    """requests' adapter whose read time-out holds for an answer's status and headers as a whole."""

    def get_connection_with_tls_context(self, *args, **kwargs):
        """Return the pool of an address (a proxy's too), its connections bounded."""
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _bounded(pool.ConnectionCls)
        return pool


@cache
def _bounded(connection: type) -> type:
    if getattr(connection, "is_bounded", False):
        return connection

    class Bounded(connection):
        is_bounded = True

        def getresponse(self):
            with within(self.timeout, lambda: self.sock.shutdown(SHUT_RD)):
                return super().getresponse()

    return Bounded

"""What can go wrong, each as one line that names the thing, the value and the way out."""


class IngestError(Exception):
    """Base of every expected failure; its text is one line without any key."""


class Refused(IngestError):
    """A request that must not be made: budget, spent month, bad arguments."""


class SpentMonth(Refused):
    """CoinCap said that the month's credits are gone; no call until the next period."""


class OverBudget(Refused):
    """The sweep would pass the cap that this deployment set itself."""


class Retryable(IngestError):
    """A failure that another try may cure: no answer, a 5xx, a cut body."""


class Burst(Retryable):
    """The per-minute limit; ``wait_s`` is how long CoinCap wants us to wait, in seconds."""

    def __init__(self, message: str, wait_s: float):
        super().__init__(message)
        self.wait_s = wait_s


class BadBody(Retryable):
    """A body that is no CoinCap envelope: cut, HTML, an error inside a 200."""


class Final(IngestError):
    """A failure that no retry cures: 401, 403, a retired API, a body over the bound."""


class NotFound(Final):
    """404; ``permanent`` where CoinCap says that the thing has no history at all."""

    def __init__(self, message: str, permanent: bool):
        super().__init__(message)
        self.permanent = permanent


class PublishFailed(IngestError):
    """Messages that were not acknowledged; the sweep is not finished."""


class ReplayUnreadable(IngestError):
    """A captured file that cannot be read."""


def one_line(text: object, secret: str | None = None, limit: int = 300) -> str:
    """Return any text on one line, cut to ``limit`` characters, with the key blanked."""
    line = " ".join(str(text).split())
    line = line.encode("utf-8", "replace").decode().replace("\x00", "?")
    if secret:
        line = line.replace(secret, "***")
    return line[:limit]

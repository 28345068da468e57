"""Structured logs: one JSON object a line, as Cloud Logging reads them; never a key."""

import json
import logging
import sys

from ingest.clock import iso

LOGGER = logging.getLogger("ingest")


class JsonFormatter(logging.Formatter):
    """Writes severity, message, time and the record's ``facts``; blanks the secret."""

    def __init__(self, secret: str | None = None):
        super().__init__()
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        entry = {
            "severity": record.levelname,
            "message": record.getMessage(),
            "time": iso(int(record.created * 1000)),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        line = json.dumps(entry, ensure_ascii=False, default=str)
        return line.replace(self._secret, "***") if self._secret else line


def configure(secret: str | None = None, stream=None) -> None:
    """Send the package's log to ``stream`` (standard error) as JSON, once."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(secret))
    LOGGER.handlers[:] = [handler]
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


def info(message: str, **facts) -> None:
    """Log something that happened as it should."""
    LOGGER.info(message, extra={"facts": facts})


def warning(message: str, **facts) -> None:
    """Log something that went wrong and was dealt with."""
    LOGGER.warning(message, extra={"facts": facts})


def error(message: str, **facts) -> None:
    """Log something that somebody has to look at."""
    LOGGER.error(message, extra={"facts": facts})

"""A Kafka broker for a benchmark: the one COINCAP_KAFKA_BOOTSTRAP names, else one of its own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def broker() -> Iterator[str]:
    """Yield a bootstrap address with the project's topics; end what was started."""
    given = os.environ.get("COINCAP_KAFKA_BOOTSTRAP")
    if given:
        yield given
        return
    from embedded.kafka import start_kafka
    from embedded.places import RunFolder
    from embedded.processes import Supervisor

    with tempfile.TemporaryDirectory(prefix="coincap-bench-") as folder:
        supervisor = Supervisor(RunFolder(Path(folder)))
        try:
            yield start_kafka(supervisor)[1]
        finally:
            supervisor.stop_all()

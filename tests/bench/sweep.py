"""A whole sweep end to end: 15,000 markets from the simulator through the lake to Kafka, every
message acknowledged. Seconds, the median of five."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from broker import broker

from ingest import log
from ingest.publish import open_publisher
from ingest.run import poll
from ingest.settings import Settings

ROUNDS = 5


def main() -> int:
    """Run the rounds against a simulator in its own process; print the seconds last."""
    log.LOGGER.setLevel("ERROR")
    with tempfile.TemporaryDirectory(prefix="coincap-bench-") as folder, broker() as bootstrap:
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "simulator", "--port-file", str(port_file)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as simulator:
            try:
                while not port_file.exists():
                    time.sleep(0.05)
                url = f"http://127.0.0.1:{port_file.read_text()}/v3"
                settings = Settings(lake=folder, api_url=url, kafka_bootstrap=bootstrap)
                publisher = open_publisher(settings)
                times = [_round(settings, publisher, number) for number in range(ROUNDS + 1)][1:]
                publisher.close()
            finally:
                simulator.terminate()
    print(f"sweep_15000_s={statistics.median(times):.2f}")
    return 0


def _round(settings: Settings, publisher, number: int) -> float:
    started = time.perf_counter()
    (summary,) = poll(["markets"], f"2024-10-17T12:{number:02d}:00Z", settings, publisher=publisher)
    assert summary["published"] == 15_000, summary
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())

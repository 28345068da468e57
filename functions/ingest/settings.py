"""Settings of one deployment, read from COINCAP_* environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

DEFAULT_URL = "https://rest.coincap.io/v3"
PUBLISHERS = ("kafka", "pubsub")
KAFKA_CLIENTS = ("confluent", "kafka-python")


@dataclass(frozen=True)
class Settings:
    """One deployment.

    ``polled_at`` says which clock dates a poll: ``clock`` (when the answer was complete) or
    ``envelope`` (CoinCap's timestamp: for replays and the simulated clock). ``kafka_client``:
    confluent (librdkafka) or kafka-python (pure Python, about a fifth as fast). Times in seconds,
    ``credits_per_month`` in CoinCap credits (None: no cap of our own). After ``deadline_s`` no try
    begins; the last takes two time-outs at most (headers, body), and the platform ends a function
    after 540 s.
    """

    lake: str
    api_url: str = DEFAULT_URL
    api_key: str | None = field(default=None, repr=False)
    publisher: str = "kafka"
    kafka_bootstrap: str | None = None
    kafka_client: str = "confluent"
    project: str | None = None
    credits_per_month: int | None = None
    polled_at: str = "clock"
    page_size: int = 2000
    timeout_s: float = 30.0
    attempts: int = 5
    deadline_s: float = 420.0
    lease_s: float = 600.0
    max_body_bytes: int = 8 * 1024 * 1024
    tick_s: int = 60

    @property
    def api_version(self) -> str:
        """``v2`` or ``v3``, from the address."""
        return "v2" if urlsplit(self.api_url).path.rstrip("/").endswith("v2") else "v3"

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Return the settings of an environment; raises ValueError naming what is missing."""
        target = env.get("COINCAP_TARGET", "local")
        publisher = env.get("COINCAP_PUBLISHER", "pubsub" if target == "gcp" else "kafka")
        if publisher not in PUBLISHERS:
            raise ValueError(f"COINCAP_PUBLISHER={publisher!r}: use one of {', '.join(PUBLISHERS)}")
        if not env.get("COINCAP_LAKE"):
            raise ValueError("COINCAP_LAKE is not set: name a folder or gs://bucket")
        needed = {"kafka": "COINCAP_KAFKA_BOOTSTRAP", "pubsub": "COINCAP_PROJECT"}[publisher]
        if not env.get(needed):
            raise ValueError(f"{needed} is not set: the {publisher} publisher needs it")
        credits = env.get("COINCAP_CREDITS_PER_MONTH")
        if credits and not credits.isdecimal():
            raise ValueError(f"COINCAP_CREDITS_PER_MONTH={credits!r}: write a whole number")
        kafka_client = env.get("COINCAP_KAFKA_CLIENT", "confluent")
        if kafka_client not in KAFKA_CLIENTS:
            raise ValueError(
                f"COINCAP_KAFKA_CLIENT={kafka_client!r}: use one of {', '.join(KAFKA_CLIENTS)}"
            )
        polled_at = env.get("COINCAP_POLLED_AT", "clock")
        if polled_at not in ("clock", "envelope"):
            raise ValueError(f"COINCAP_POLLED_AT={polled_at!r}: use clock or envelope")
        return cls(
            lake=env["COINCAP_LAKE"],
            api_url=env.get("COINCAP_API_URL", DEFAULT_URL).rstrip("/"),
            api_key=env.get("COINCAP_API_KEY") or None,
            publisher=publisher,
            kafka_bootstrap=env.get("COINCAP_KAFKA_BOOTSTRAP"),
            kafka_client=kafka_client,
            project=env.get("COINCAP_PROJECT"),
            credits_per_month=int(credits) if credits else None,
            polled_at=polled_at,
        )

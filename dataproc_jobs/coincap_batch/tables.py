"""The lake's tables of the batch: where each stands, what identifies a row, what the load checks.

Every table is partitioned by ``date``, the UTC day of its ``time`` column. The columns
themselves come from the contract and the transformations, never from here.
"""

from dataclasses import dataclass

from coincap.contract import record_type
from coincap.topics import topics


@dataclass(frozen=True)
class LakeTable:
    """One Delta table of the lake.

    ``identity`` names the columns of which no two rows agree, ``sums`` those whose totals the
    load compares (exact numbers: a float's sum depends on its order); a table with ``load`` goes
    to BigQuery under its own name, one that is ``filtered`` is so large there that a query has to
    bound its time. In one that ``wanders`` the day does not follow from the identity, so a copy of
    a row may stand on another day.
    """

    name: str
    layer: str
    time: str
    identity: tuple[str, ...]
    sums: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    load: bool = True
    filtered: bool = False
    wanders: bool = False

    @property
    def place(self) -> str:
        """The table's folder below the lake's root."""
        return f"{self.layer}/{self.name}"

    def path(self, lake: str) -> str:
        """Return the table's folder under the lake's root."""
        return f"{lake.rstrip('/')}/{self.place}"


MESSAGE = ("topic", "snapshot_id", "message_key", "value_md5")
"""A message's identity: a copy that Pub/Sub or the bridge made agrees in all four."""

SILVER_RECORDS = ("market", "asset", "rate", "exchange", "poll", "dead_letter")
MARKET_KEY = record_type("market").key_columns
FRAMES = {"1m": 1, "5m": 5, "1h": 60, "1d": 1440}
"""Candle widths in minutes, each a multiple of the one before."""

_SUMS = {
    "market": ("price_usd", "volume_usd_24hr"),
    "asset": ("price_usd", "market_cap_usd"),
    "rate": ("rate_usd",),
    "exchange": ("volume_usd",),
    "poll": ("latency_ms",),
    "dead_letter": ("raw_bytes",),
}


def _silver(name: str) -> LakeTable:
    record = record_type(name)
    cluster = record.key_columns[:4]
    if name == "dead_letter":
        # What has no readable header has no time of its own: its day is that of its arrival.
        return LakeTable(
            record.table,
            "silver",
            "arrived_at",
            record.key_columns,
            _SUMS[name],
            cluster,
            wanders=True,
        )
    return LakeTable(record.table, "silver", "polled_at", MESSAGE, _SUMS[name], cluster)


def _candles(kind: str, key: tuple[str, ...], frame: str) -> LakeTable:
    identity = (*key, "period_start")
    sums = ("open", "close", "vwap", "samples")
    name = f"{kind}_candles_{frame}"
    return LakeTable(
        name, "gold", "period_start", identity, sums, key, filtered=name == "market_candles_1m"
    )


SILVER = {name: _silver(name) for name in SILVER_RECORDS}
HISTORY = LakeTable("asset_history", "silver", "time", ("id", "time"), ("price_usd",), ("id",))
MARKET_SAMPLES = LakeTable(
    "market_samples", "silver", "updated", (*MARKET_KEY, "updated"), load=False
)
ASSET_SAMPLES = LakeTable(
    "asset_samples", "silver", "envelope_at", ("id", "envelope_at"), load=False
)
MARKET_CANDLES = {frame: _candles("market", MARKET_KEY, frame) for frame in FRAMES}
ASSET_CANDLES = {frame: _candles("asset", ("asset_id",), frame) for frame in FRAMES}

LIVE_HOURS = LakeTable(
    "live_candle_hours",
    "gold",
    "hour_start",
    ("candle_table", "hour_start"),
    ("open_sum", "close_sum", "samples"),
    ("candle_table",),
)
"""What PostgreSQL holds, per table and hour, as last measured."""
LIVE_HOURS_DDL = (
    "candle_table string, hour_start timestamp, candles bigint, samples bigint, "
    "open_sum decimal(38,18), close_sum decimal(38,18), measured_at timestamp, date date"
)

SERVING_HOURS = LakeTable(
    "serving_hours", "gold", "hour_start", ("hour_start",), ("batches", "messages")
)
"""How old the newest row of a micro-batch was when analysts could read it, per hour."""
SERVING_HOURS_DDL = (
    "hour_start timestamp, batches bigint, messages bigint, to_serving_p50_s double, "
    "to_serving_p95_s double, to_serving_p99_s double, measured_at timestamp, date date"
)

MESSAGE_HOURS = LakeTable(
    "message_hours", "gold", "hour_start", ("topic", "hour_start"), ("messages",), ("topic",)
)
"""How many messages arrived per topic and hour, and how many of them were copies."""
FIRST_CHARTS = LakeTable("first_charts", "gold", "began_at", ("began_at",), ("commands",))
"""What a newcomer needed: commands and seconds from a clone to the first chart, per demo run."""
FIRST_CHARTS_DDL = "began_at timestamp, commands bigint, seconds double, date date"

ALL = (
    *SILVER.values(),
    HISTORY,
    MARKET_SAMPLES,
    ASSET_SAMPLES,
    *MARKET_CANDLES.values(),
    *ASSET_CANDLES.values(),
    LIVE_HOURS,
    SERVING_HOURS,
    MESSAGE_HOURS,
    FIRST_CHARTS,
)
LOADED = tuple(table for table in ALL if table.load)


def topics_of(record: str) -> list[str]:
    """Return the names of the topics that carry a record type."""
    return [topic.name for topic in topics().values() if topic.record == record]

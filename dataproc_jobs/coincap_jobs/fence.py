"""The right to append to bronze, kept in bronze's own log.

PostgreSQL's epoch cannot guard the lake: a driver that slept through a takeover would append
what the next one has appended already. So each archive numbers its appends as transactions of
one application (Delta's txnAppId and txnVersion), from a number that no earlier archive can
reach. Delta leaves out an append whose number is not above the last one, and of two commits at
once lets one fail. The numbers do not say what bronze holds: the offsets do.
Source: Delta Lake's documentation, "Idempotent table writes in foreachBatch", and the protocol's
section "Transaction Identifiers".
"""

from pyspark.sql import DataFrameWriter, SparkSession

from coincap_jobs.ledger import Fenced
from coincap_jobs.turns import my_turn

_APPLICATION = "coincap-archive"
_APPENDS = 1 << 32
"""Numbers of one archive; more appends than any driver lives to make."""


class Fence:
    """One archive's right to append to a Delta table; raises Fenced where it is over."""

    def __init__(self, spark: SparkSession, path: str):
        self._spark, self._path = spark, path
        self._number = (self._last() // _APPENDS + 1) * _APPENDS
        # The empty append shuts out whoever came before; nobody holds this number.
        self.append(spark.read.format("delta").load(path).limit(0).write)

    def append(self, writer: DataFrameWriter) -> None:
        """Append the writer's rows, if it is still our turn. Raises Fenced where it is not."""
        version = self._number
        self._number += 1
        options = {"txnAppId": _APPLICATION, "txnVersion": str(version)}
        with my_turn(self._path):
            writer.format("delta").mode("append").options(**options).save(self._path)
            last = self._last()
        if last != version:
            raise Fenced(
                f"append {version} of this archive was left out of {self._path} (last {last}): "
                "another driver archives into this lake"
            )

    def _last(self) -> int:
        """Return the number of the last append, 0 before the first."""
        jvm = self._spark.sparkContext._jvm
        log = jvm.org.apache.spark.sql.delta.DeltaLog.forTable(
            self._spark._jsparkSession, self._path
        )
        none = jvm.scala.Option.empty()
        found = log.update(False, none, none).transactions().get(_APPLICATION)
        return int(found.get()) if found.isDefined() else 0

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

_APPLICATION = "coincap-archive"
_APPENDS = 1 << 32
"""Numbers of one archive; more appends than any driver lives to make."""


class Fence:
    """One archive's right to append to a Delta table; raises Fenced where it is over."""

    def __init__(self, spark: SparkSession, path: str):
        self._spark, self._path = spark, path
        self._number = (self._last() // _APPENDS + 1) * _APPENDS
        # The empty append shuts out whoever came before; nobody holds this number.
        self.guarded(spark.read.format("delta").load(path).limit(0).write).save(path)
        self.check()

    def guarded(self, writer: DataFrameWriter) -> DataFrameWriter:
        """Return the writer of one append as ours, if it is still our turn; check() tells."""
        version = self._number
        self._number += 1
        options = {"txnAppId": _APPLICATION, "txnVersion": str(version)}
        return writer.format("delta").mode("append").options(**options)

    def check(self) -> None:
        """Raise Fenced unless the last append is ours."""
        last = self._last()
        if last != self._number - 1:
            raise Fenced(
                f"append {self._number - 1} of this archive was left out of {self._path} (last "
                f"{last}): another driver archives into this lake"
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

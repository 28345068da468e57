"""Messages to typed rows: what the contract accepts gets columns, the rest a reason.

The functions check rows before they publish them; this is the same contract on the other
side of the wire, because a stream job must not trust its input.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from coincap.contract import Field, RecordType
from coincap.derive.spark import STORED, wire_ddl
from coincap.numbers import SCALE
from coincap_jobs.numbers import PLAIN, decimal18

LONGEST_ROW_BYTES = 1_000_000
"""No CoinCap row comes near it; a longer message is refused before it is parsed."""
FUTURE_TOLERANCE_MS = 5 * 60 * 1000
LAST_MS = 253_402_300_799_999
"""The end of the year 9999, where timestamps end."""
_NUL = "\u0000"


COORDINATES = ("topic", "topic_id", "partition", "offset", "timestamp")
_HEADERS = ("endpoint", "snapshot_id", "polled_at", "envelope_at", "api_version")


def decode(messages: DataFrame, record: RecordType) -> DataFrame:
    """Return one row per message: typed columns, provenance and a verdict.

    ``messages`` has Kafka's columns (topic, topic_id, partition, offset, timestamp, key,
    value BINARY, headers MAP<STRING,STRING>). Added to the record's own columns: the headers
    (endpoint, snapshot_id, polled_at, envelope_at, api_version; a record's own column of that
    name wins), the coordinates, the same headers, the message's key and the dead letter that it
    replays once more as _endpoint … _key _dead_letter_id, message_text, value_md5
    (hexadecimal), and ``refusal`` (a case of the schema's rules) with ``refusal_field``
    (CoinCap's name), both null where the row is good.
    """
    parsed = _parse(messages, record)
    judged = parsed.withColumn("_verdict", _verdict(record))
    own = {field.column for field in record.fields}
    typed = [_typed(field).alias(field.column) for field in record.fields]
    headers = [F.col(f"_{name}").alias(name) for name in _HEADERS if name not in own]
    return judged.select(
        *typed,
        *headers,
        *COORDINATES,
        *(f"_{name}" for name in (*_HEADERS, "key", "dead_letter_id")),
        "message_text",
        "value_md5",
        F.substring_index("_verdict", ":", 1).alias("refusal"),
        F.expr("nullif(substring_index(_verdict, ':', -1), '')").alias("refusal_field"),
    )


def _verdict(record: RecordType) -> Column:
    provenance = []
    if record.endpoint:
        provenance = [
            F.when(F.col(f"_{name}").isNull(), F.lit(f"field_missing:{name}"))
            for name in ("snapshot_id", "polled_at")
        ]
    return F.coalesce(
        F.when(~F.col("_is_text"), F.lit("text_not_storable:")),
        F.when(F.length("value") > LONGEST_ROW_BYTES, F.lit("too_long:")),
        F.when(~F.col("_is_object"), F.lit("not_an_object:")),
        *provenance,
        *(fault for field in record.fields for fault in _faults(field)),
    )


def good(rows: DataFrame) -> DataFrame:
    """Return the decoded rows that the contract accepts, without the verdict."""
    return rows.where("refusal is null").drop("refusal", "refusal_field")


def bad(rows: DataFrame) -> DataFrame:
    """Return the decoded rows that the contract refuses."""
    return rows.where("refusal is not null")


def _parse(messages: DataFrame, record: RecordType) -> DataFrame:
    text = F.col("value").cast("string")
    # Decoding replaces what is no UTF-8, so a valid text comes back unchanged.
    is_text = F.encode(F.decode("value", "UTF-8"), "UTF-8") == F.col("value")
    readable = (F.length("value") <= LONGEST_ROW_BYTES) & is_text
    ddl = f"{wire_ddl(record)}, `_corrupt` STRING"
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "_corrupt"}
    body = F.from_json(F.when(readable, text), ddl, options)
    # explode keeps the optimiser from pushing filters below from_json, which would parse the
    # text once for every field that a filter mentions (measured: 20 times slower).
    with_body = messages.withColumn("_is_text", F.coalesce(is_text, F.lit(False))).withColumn(
        "j", F.explode(F.array(body))
    )
    is_object = F.ltrim(text).startswith("{") & F.col("j._corrupt").isNull()
    headers = F.col("headers")
    columns = {
        "_is_object": F.coalesce(is_object, F.lit(False)),
        "_key": F.col("key").cast("string"),
        "message_text": text,
        "_endpoint": headers["endpoint"],
        "_snapshot_id": headers["snapshot_id"],
        "_polled_at": headers["polled_at"].cast("timestamp"),
        "_envelope_at": headers["envelope_at"].cast("timestamp"),
        "_api_version": headers["api_version"],
        "_dead_letter_id": headers["dead_letter_id"],
        "value_md5": F.md5("value"),
    }
    return with_body.withColumns(columns)


def _faults(field: Field) -> list[Column]:
    """Return the checks of one field, each ``reason:field`` or null.

    The checks use casts and not regular expressions: every row passes through all of them,
    and a cast costs a quarter of a match.
    """
    text = F.col(f"j.`{field.name}`")

    def fault(when: Column, reason: str) -> Column:
        return F.when(when, F.lit(f"{reason}:{field.name}"))

    faults = []
    if field.required and "null" not in field.json_types:
        faults.append(fault(text.isNull(), "field_missing"))
    if field.kind in ("identifier", "text", "json"):
        faults.append(fault(text.contains(_NUL), "text_not_storable"))
        if field.max_length:
            faults.append(fault(F.length(text) > field.max_length, "too_long"))
        if field.kind == "identifier":
            # from_json gives an object as its text; no slug looks like one.
            faults.append(fault(text.startswith("{") | text.startswith("["), "wrong_type"))
            faults.append(fault(text == "", "field_missing"))
        if field.enum:
            faults.append(fault(~text.isin(*field.enum), "wrong_type"))
    elif field.kind == "decimal":
        number = text.cast(STORED["decimal"])
        unread = text.isNotNull() & number.isNull()
        faults.append(fault(unread & text.rlike(PLAIN), "out_of_range"))
        faults.append(fault(unread, "not_a_number"))
        faults.append(fault(number < field.minimum, "negative") if field.minimum == 0 else None)
    elif field.kind in ("integer", "timestamp_ms"):
        number = text.cast("bigint")
        unread = text.isNotNull() & (number.isNull() | text.contains("."))
        faults.append(fault(unread & text.rlike(r"^-?[0-9]+$"), "out_of_range"))
        faults.append(fault(unread, "not_a_number" if field.kind == "integer" else "wrong_type"))
        faults.append(fault(number < field.minimum, "negative") if field.minimum == 0 else None)
        if field.kind == "timestamp_ms":
            latest = F.unix_millis(F.col("_polled_at")) + FUTURE_TOLERANCE_MS
            faults.append(fault(number > latest, "time_in_future"))
            faults.append(fault(number > LAST_MS, "out_of_range"))
    elif field.kind == "boolean":
        faults.append(fault(~text.isin("true", "false"), "wrong_type"))
    return [check for check in faults if check is not None]


def _typed(field: Field) -> Column:
    text = F.col(f"j.`{field.name}`")
    if field.kind == "decimal":
        short = (F.instr(text, ".") == 0) | (F.length(text) - F.instr(text, ".") <= SCALE)
        return F.when(short, text.cast(STORED["decimal"])).otherwise(decimal18(text))
    if field.kind == "timestamp_ms":
        # timestamp_millis raises beyond its range, and a refused row is computed as well.
        number = text.cast("bigint")
        storable = (text != "0") & number.between(-LAST_MS, LAST_MS)
        return F.when(storable, F.timestamp_millis(number))
    return text.cast(STORED[field.kind])

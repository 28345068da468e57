"""Rows as lines of PostgreSQL's COPY text format, written by Spark's generated code.

Python only forwards the bytes, so formatting runs at the JVM's speed.
Format: https://www.postgresql.org/docs/current/sql-copy.html, section "Text Format".
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


def copy_lines(rows: DataFrame, target: str) -> DataFrame:
    """Return (target, line): each row as one COPY line with its newline, columns in order."""
    columns = [_escaped(field.name, field.dataType.typeName()) for field in rows.schema]
    line = F.concat(F.concat_ws("\t", *columns), F.lit("\n"))
    return rows.select(F.lit(target).alias("target"), line.alias("line"))


def _escaped(name: str, type_name: str) -> Column:
    column = F.col(f"`{name}`")
    text = column.cast("string")
    if type_name == "string":
        for plain, escaped in _ESCAPES:
            text = F.replace(text, F.lit(plain), F.lit(escaped))
    return F.coalesce(text, F.lit("\\N"))

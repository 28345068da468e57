"""The SQL of the folder ``sql``, each file read once."""

from functools import cache
from importlib import resources


@cache
def statement(name: str) -> str:
    """Return the text of ``sql/NAME.sql``; raises FileNotFoundError where there is none."""
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text("utf-8")

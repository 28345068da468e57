"""Fills Grafana's variables into a statement as Grafana documents its formats."""

import re
from datetime import UTC, datetime, timedelta

VARIABLE = re.compile(r"\$\{(\w+):(\w+)\}|\$__(timeFrom|timeTo)\(\)|(\$__interval)\b")
ALL = "$__all"


def sqlstring(value: str | list[str]) -> str:
    """Quote each value, double the quotes in it, separate several by commas."""
    many = value if isinstance(value, list) else [value]
    return ",".join("'" + each.replace("'", "''") + "'" for each in many)


def csv(value: str | list[str]) -> str:
    """Separate several values by commas, and leave each as it is."""
    return ",".join(value) if isinstance(value, list) else value


FORMATS = {"sqlstring": sqlstring, "csv": csv}


def sent(
    statement: str,
    variables: dict[str, str | list[str]],
    *,
    start: str = "",
    end: str = "",
    interval: str = "1m",
    all_value: str = "''",
) -> str:
    """Return what PostgreSQL gets: one pass, so that a value's own ``$`` stays as it is.

    "All" is replaced by the variable's own all value, which no format touches. Without a time it is
    that of the boards: the last six hours.
    """
    now = datetime.now(UTC)
    start = start or (now - timedelta(hours=6)).isoformat()
    end = end or (now + timedelta(seconds=1)).isoformat()

    def fill(match: re.Match) -> str:
        name, form, moment, _ = match.groups()
        if moment:
            return f"'{start if moment == 'timeFrom' else end}'"
        if not name:
            return interval
        value = variables[name]
        return all_value if value in (ALL, [ALL]) else FORMATS[form](value)

    return VARIABLE.sub(fill, statement)

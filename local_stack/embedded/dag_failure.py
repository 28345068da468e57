"""Why a run of a DAG failed, as one line out of Airflow's log."""

import re

_NOISE = re.compile(r"\x1b\[[0-9;]*m|^\S+Z \[\w+ *\] |\s*\[[\w.]+\] loc=\S+.*$|^\d\d:\d\d:\d\d +")
_TELLING = (
    # dbt: the first rows that a failed test found, what is stale, what broke.
    re.compile(r"^\w+ failed at .+", re.M),
    re.compile(r"ERROR STALE freshness of [\w.]+"),
    re.compile(r"^\w+ Error in .+\n.+", re.M),
    re.compile(r"^Failure in .+", re.M),
    # A driver's own line.
    re.compile(r"^error: (.+)", re.M),
    # The exception of a task in Python, the last of a chain; a command's says nothing.
    re.compile(r"^(?:[\w.]+\.)?(?!AirflowException)([A-Z]\w+: .+)", re.M),
)
_FIRST_COUNT = 4
"""Of these patterns the first line counts: what fails first is the cause of the rest."""


def cause(log: str) -> str:
    """Return the line of a failed run's log that says why, empty where none does.

    ``log`` is what ``airflow dags test`` printed. The line names what the task itself names:
    table and partition, model and rows, or the function's answer.
    """
    text = "\n".join(line for each in log.splitlines() if (line := _plain(each)))
    for number, pattern in enumerate(_TELLING):
        found = list(pattern.finditer(text))
        if found:
            match = found[0] if number < _FIRST_COUNT else found[-1]
            return " ".join(match[match.lastindex or 0].split())[:400]
    return ""


def _plain(line: str) -> str:
    """Take colours, time, level and logger off a line, and what dbt puts before its own."""
    previous = None
    while line != previous:
        previous, line = line, _NOISE.sub("", line)
    return line.strip()

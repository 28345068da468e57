"""The line that a failed DAG ends in: table and partition, model and rows, or the answer."""

import pytest

from embedded.dag_failure import cause

TAIL = "[airflow.task.hooks.airflow.providers.standard.hooks.subprocess.SubprocessHook] loc=s.py:99"
BASH = (
    "Traceback (most recent call last):\n"
    '  File "/x/bash.py", line 226, in execute\n'
    "    raise AirflowException(\n"
    "airflow.exceptions.AirflowException: Bash command failed. "
    "The command returned a non-zero exit code 1.\n"
    "DagRun failed\n"
)


def line(text):
    return f"2026-11-23T03:07:56.558087Z [info     ] {text} {TAIL}\n"


SPARK = "silver/markets (date=2024-10-17): File part-0.parquet does not exist"
LOAD = "raw.markets of 2024-10-17: 3 rows loaded, the lake has 4"
ROWS = "candles_are_consistent failed at asset_id=bitcoin, period_start=2024-10-17 12:00:00+00:00"
REFUSED = "backfill answered 429: 90 credits, of 60 are left"
PYTHON = "Traceback (most recent call last):\nKeyError: 'a'\n\nDuring handling\n\nTraceback\n"


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (line("26/11/23 05:10:11 ERROR Inbox: Ignoring error") + line(f"error: {SPARK}"), SPARK),
        (f"{PYTHON}coincap_dags.load.LoadError: {LOAD}\nDagRun failed\n", f"LoadError: {LOAD}"),
        (
            f"{PYTHON}coincap_dags.functions.FunctionRefused: {REFUSED}\n",
            f"FunctionRefused: {REFUSED}",
        ),
        (
            line("\x1b[0m03:07:56  \x1b[31mFailure in test candles (x.yml)\x1b[0m")
            + line(f"\x1b[0m03:07:58  {ROWS}"),
            ROWS,
        ),
        (
            line("\x1b[0m05:04:32  1 of 2 ERROR STALE freshness of raw.assets .... [\x1b[31mERROR"),
            "ERROR STALE freshness of raw.assets",
        ),
        (
            line("\x1b[0m05:04:32  \x1b[33mDatabase Error in model movers (m/movers.sql)\x1b[0m")
            + line("\x1b[0m05:04:32    Table not found: raw.markets"),
            "Database Error in model movers (m/movers.sql) Table not found: raw.markets",
        ),
        (line("26/11/23 05:10:11 WARN Utils: nothing"), ""),
    ],
)
def test_the_cause_is_found_among_what_airflow_prints(log, said):
    assert cause(log + line("Command exited with return code 1") + BASH) == said

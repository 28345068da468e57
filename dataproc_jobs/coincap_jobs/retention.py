"""What PostgreSQL need not keep: old samples and candles, old progress."""

import psycopg

from coincap_jobs.database import connect
from coincap_jobs.errors import JobError, out_of_reach


def drop_expired(dsn: str, candle_days: int) -> list[str]:
    """Drop what is past its time (market.drop_expired says what); return a line for each kind.

    Raises JobError where PostgreSQL is out of reach or too old.
    """
    kept = "candles_kept => make_interval(days => %s)"
    query = f"select what, dropped from market.drop_expired({kept})"
    try:
        with connect(dsn, "coincap-housekeeping") as connection:
            rows = connection.execute(query, [candle_days]).fetchall()
    except psycopg.OperationalError as error:
        raise out_of_reach(error) from None
    except psycopg.errors.UndefinedFunction:
        raise JobError("the database lacks market.drop_expired; run migrate.py first") from None
    partitioned = ("_ticks", "_candles_1m")
    return [
        f"{what}: {dropped} {'partitions' if what.endswith(partitioned) else 'rows'} dropped"
        for what, dropped in rows
    ]

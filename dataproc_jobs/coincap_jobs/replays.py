"""Dead letters whose message came again and was accepted: marked in the merge's transaction.

A message that is published again carries its letter's id in the header ``dead_letter_id``. It
may be merged before the letter itself (they come on two topics), so its id waits in a table of
its own until both are there. ``plain`` leaves such messages to Spark's plan.
"""

import psycopg
from psycopg import sql
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from coincap_jobs.copy_text import copy_lines

HEADER = "dead_letter_id"
TARGET = "dead_letter_replays"
"""Table of ids, in the schemas market and staging."""
_REMEMBER = """
insert into market.dead_letter_replays (dead_letter_id)
select distinct dead_letter_id from {source} on conflict do nothing
"""
_SETTLE = """
with arrived as (
    update market.dead_letters as d set status = 'replayed', replayed_at = r.replayed_at
    from market.dead_letter_replays as r
    where not r.settled and r.dead_letter_id = d.dead_letter_id
    returning d.dead_letter_id
)
update market.dead_letter_replays as r set settled = true
from arrived where r.dead_letter_id = arrived.dead_letter_id
"""


def replayed(decoded: DataFrame) -> DataFrame:
    """Return the lines of the letters whose messages are among the accepted decoded rows."""
    accepted = F.col("refusal").isNull() & F.col("_dead_letter_id").isNotNull()
    return copy_lines(decoded.where(accepted).select("_dead_letter_id"), TARGET)


def settle(cursor: psycopg.Cursor, source: sql.Composable | None) -> None:
    """Mark the letters of ``source`` as replayed, and those that waited for this merge.

    ``source`` is a subquery over staged ids; None where the merge brought letters alone.
    """
    if source is not None:
        cursor.execute(sql.SQL(_REMEMBER).format(source=source))
    cursor.execute(_SETTLE)

"""market_batch that cannot read its hour: the line that it ends in, and what it leaves."""

from datetime import timedelta

import pytest
from bronze_rows import START
from deltalake import DeltaTable
from market_hours import market_hours

pytestmark = pytest.mark.slow


def test_the_run_names_task_table_and_day_and_writes_no_half_of_it(stack):
    stack.feed(market_hours(1))
    (file,) = (stack.lake / "bronze" / "date=2024-10-17" / "topic=coincap.markets").glob("*")
    file.rename(file.with_suffix(".gone"))
    # A minute and two between its three tries would only be waited for.
    stack.extra["AIRFLOW__CORE__MAX_TASK_RETRY_DELAY"] = "1"
    until = START + timedelta(hours=1)
    said = stack.failure(
        "market_batch", arrived_from=START.isoformat(), arrived_to=until.isoformat()
    )
    line = "DAG market_batch: task silver_and_candles failed: silver/markets (date=2024-10-17): "
    assert said.startswith(line)
    assert file.name in said.splitlines()[0]
    assert not DeltaTable.is_deltatable(str(stack.lake / "silver" / "markets"))
    assert not (stack.lake / "gold" / "market_candles_1m").exists()

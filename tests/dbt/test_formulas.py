"""dbt's unit tests of the formulas, on empty tables of the marts' own shape."""

import pytest
from dbt_command import dbt
from pipeline_stack import start

from coincap_dags.load import load

INPUTS = (
    "+stablecoin_peg +realised_volatility +liquidity_share +drawdown +cross_exchange_spreads "
    "+movers +dominance +exchange_concentration +correlation +slo_summary"
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory, raw_tables):
    stack = start(tmp_path_factory.mktemp("formulas"))
    load(stack.client(), raw_tables, "gs://lake")
    yield stack
    stack.supervisor.stop_all()


def test_the_formulas_hold(stack, tmp_path):
    done = dbt(
        ["build", "--indirect-selection", "cautious", "--select", *INPUTS.split()],
        stack.endpoint,
        tmp_path,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    passed = [line for line in done.stdout.splitlines() if " PASS " in line and "::" in line]
    assert len(passed) == 13

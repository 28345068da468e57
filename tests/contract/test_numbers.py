"""Exact decimals: to eighteen digits, half-even, the same in Python and Spark."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import functions as F

from coincap.numbers import to_decimal18
from coincap_jobs.numbers import decimal18

EDGES = [
    "0", "-0", "0.044483000000000000", "99999999999999999999.9999999999999999994",
    "0.0000000000000000005", "0.0000000000000000015", "-0.0000000000000000015",
    "0.00000000000000000050000000000000000001", "30.705535543418773859000000000000000000",
    "-1.0000000000000000005", "00012.5",
]  # fmt: skip


@given(st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,46})?", fullmatch=True))
def test_rounding_is_to_the_nearest_even(text):
    try:
        value = to_decimal18(text)
    except ValueError:
        assert abs(Decimal(text)) >= Decimal(10) ** 20 - Decimal(1).scaleb(-18)
        return
    with localcontext(prec=100):
        error = abs(value - Decimal(text))
        assert error <= Decimal(5).scaleb(-19)
        if error == Decimal(5).scaleb(-19):
            assert int(value.scaleb(18)) % 2 == 0


@pytest.mark.parametrize("text", ["", "NaN", "1e5", "+1", ".5", "5.", "1" * 21, "1,5", " 1"])
def test_what_is_no_plain_number_is_refused(text):
    with pytest.raises(ValueError, match=r"plain|digits"):
        to_decimal18(text)


def test_spark_rounds_as_python_does(spark):
    import random

    rng = random.Random(7)
    texts = list(EDGES)
    for _ in range(2000):
        whole = str(rng.randrange(10 ** rng.randrange(1, 20)))
        digits = "".join(rng.choice("0059") for _ in range(rng.randrange(1, 46)))
        texts.append(f"{rng.choice(['', '-'])}{whole}.{digits}")
    rows = spark.createDataFrame([(t,) for t in texts], "t string")
    got = rows.select("t", decimal18(F.col("t")).alias("d")).collect()
    wrong = [(r["t"], r["d"]) for r in got if r["d"] != to_decimal18(r["t"])]
    assert len(got) == len(texts)
    assert not wrong, wrong[:5]

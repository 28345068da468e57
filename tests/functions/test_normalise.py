"""Number texts become plain digits without losing one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coincap.normalise import Refusal, decimal_text, integer_text, plain
from coincap.numbers import PLAIN, to_decimal18

NUMBERS = st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)


@given(NUMBERS)
def test_plain_is_the_same_number_without_an_exponent(text):
    assert PLAIN.fullmatch(plain(text))
    assert Decimal(plain(text)) == Decimal(text)


@given(st.text(max_size=30) | NUMBERS)
def test_what_passes_fits_the_tables(text):
    try:
        passed = decimal_text(text, None)
    except Refusal:
        return
    assert abs(to_decimal18(passed)) < Decimal(10) ** 20


@pytest.mark.parametrize("text", ["1e-999999999", "1e401", "0.5e-401"])
def test_a_huge_exponent_is_refused_without_expanding_it(text):
    with pytest.raises(Refusal, match="out_of_range"):
        plain(text)


def test_zero_with_any_exponent_is_zero():
    assert plain("0.00e999999") == "0"


@pytest.mark.parametrize("text", ["9223372036854775807", "-9223372036854775808", "0007"])
def test_integers_of_64_bits_pass(text):
    assert int(integer_text(text, None)) == int(text)

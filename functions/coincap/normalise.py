"""Number texts: what CoinCap may send, as the plain digits that travel on the wire."""

import re

from coincap.numbers import INTEGER_DIGITS, to_decimal18

MAX_EXPONENT = 400
"""A larger exponent cannot lie in DECIMAL(38,18), and expanding it would cost memory."""

MAX_DIGITS = 380
"""Longest number text in characters; captures show up to 44 fractional digits."""

_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,9}))?")
_INT64_MAX = 2**63 - 1


class NumberText(str):
    """The digits of a JSON number, kept as text so that no float ever touches them."""

    __slots__ = ()


class Refusal(Exception):
    """A value that breaks the contract; ``reason`` is a case of the schema's x-rules."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def plain(text: str) -> str:
    """Return a number text without exponent, digit by digit: ``1.5e3`` is ``1500``.

    Raises Refusal ``not_a_number``, ``too_long`` or ``out_of_range``.
    """
    match = _NUMBER.fullmatch(text)
    if not match:
        raise Refusal("not_a_number")
    if len(text) > MAX_DIGITS:
        raise Refusal("too_long")
    sign, whole, fraction, exponent = match.groups("")
    if not exponent:
        return text
    shift = int(exponent)
    if not (whole + fraction).strip("0"):
        return sign + "0"
    if abs(shift) > MAX_EXPONENT:
        raise Refusal("out_of_range")
    return sign + _shifted(whole, fraction, shift)


def _shifted(whole: str, fraction: str, shift: int) -> str:
    digits = whole + fraction
    point = len(whole) + shift
    if point <= 0:
        digits, point = "0" * (1 - point) + digits, 1
    digits = digits.ljust(point, "0")
    whole, fraction = digits[:point].lstrip("0") or "0", digits[point:]
    return f"{whole}.{fraction}" if fraction else whole


def decimal_text(text: str, minimum: int | None) -> str:
    """Return a number text that DECIMAL(38,18) can hold; raises Refusal.

    More than 18 fractional digits pass: tables round half-even, the wire keeps them.
    """
    text = plain(text)
    integer_digits = len(text.lstrip("-").partition(".")[0].lstrip("0"))
    if integer_digits > INTEGER_DIGITS:
        raise Refusal("out_of_range")
    if len(text) > MAX_DIGITS:
        raise Refusal("too_long")
    if integer_digits == INTEGER_DIGITS:
        try:
            to_decimal18(text)
        except ValueError:
            raise Refusal("out_of_range") from None
    if minimum == 0 and text.startswith("-") and text.strip("-0."):
        raise Refusal("negative")
    return text


def integer_text(text: str, minimum: int | None) -> str:
    """Return an integral number text that a signed 64-bit integer can hold; raises Refusal."""
    whole, _, fraction = plain(text).partition(".")
    if fraction.strip("0"):
        raise Refusal("wrong_type")
    if len(whole.lstrip("-0")) > 19 or not -_INT64_MAX - 1 <= int(whole) <= _INT64_MAX:
        raise Refusal("out_of_range")
    if minimum == 0 and int(whole) < 0:
        raise Refusal("negative")
    return whole

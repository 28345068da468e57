"""CoinCap's number texts as exact columns; coincap.numbers is the reference."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from coincap.numbers import INTEGER_DIGITS, SCALE

PLAIN = r"^-?[0-9]+(\.[0-9]+)?$"
SHORT = rf"^-?[0-9]{{1,{INTEGER_DIGITS}}}(\.[0-9]{{1,{SCALE}}})?$"
"""A number that DECIMAL(38,18) holds as it is."""
LONG = rf"^-?[0-9]{{1,{INTEGER_DIGITS}}}\.[0-9]{{{SCALE + 1},}}$"
"""A number with more fractional digits than DECIMAL(38,18) holds."""
_STORED = f"decimal(38,{SCALE})"


def decimal18(text: Column) -> Column:
    """Return a plain number text as DECIMAL(38,18), rounded half-even; null where it is none.

    Spark's own cast rounds half up, so a longer text is cut to 19 fractional digits and a
    twentieth that says whether anything follows: enough to round half-even exactly.
    """
    return F.when(text.rlike(SHORT), text.cast(_STORED)).when(text.rlike(LONG), _rounded(text))


def _rounded(text: Column) -> Column:
    whole = F.substring_index(text, ".", 1)
    fraction = F.substring_index(text, ".", -1)
    rest = fraction.substr(F.lit(SCALE + 2), F.length(fraction))
    sticky = F.when(rest.rlike("[1-9]"), F.lit("1")).otherwise(F.lit("0"))
    sign = F.when(text.startswith("-"), F.lit("-0.")).otherwise(F.lit("0."))
    digits = F.concat(sign, fraction.substr(1, SCALE + 1), sticky)
    twenty = digits.cast(f"decimal({SCALE + 2},{SCALE + 2})")
    return (whole.cast(_STORED) + F.bround(twenty, SCALE).cast(_STORED)).cast(_STORED)

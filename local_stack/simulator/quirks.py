"""How often CoinCap is odd: measured on captures of 2024-10-17, one page of 2,000 markets,
100 exchanges and 192 rates."""

PERCENT_NULL_LISTED = 0.032
"""Markets of listed exchanges without percentExchangeVolume; unlisted exchanges never have it
(together 97 of 2,000)."""

UNKNOWN_QUOTE = 4 / 2000
"""Markets whose quote is not in /rates: price and volume in USD are null."""

UNKNOWN_QUOTES = (("xrp", "XRP"), ("tron", "TRX"), ("tether-gold", "XAUT"))

STUCK = 53 / 2000
"""Markets last heard of more than an hour ago."""

STUCK_LAG_S = (3620, 3600)
"""Least lag of a stuck market and the width of its spread, in seconds."""

LAG_FLOOR_S = 40
"""CoinCap's own delay: no market was fresher."""

PERIOD_MEDIAN_S, PERIOD_SIGMA, PERIOD_MAX_S = 86.0, 1.4, 2400.0
"""Log-normal time between two updates of a market; gives lags of p50 79 s, p90 375 s."""

OFFICIAL_FX = {"ukrainian-hryvnia": 1.075, "belarusian-ruble": 1.09, "russian-ruble": 1.06}
"""What the market pays for a USD, as a factor on the official rate."""

MISPRICED = 0.22
"""Share of the thin markets that are more than 5 % away from their asset's price."""

THIN_USD = 8_000.0
"""Volume below which a market may be mispriced; the contract's trust leaves those out."""

HISTORY_GAP = 103
"""One hour in so many is missing, for all assets alike (7 of 720)."""

BASIS_BPS = 6.0
"""Spread of one asset's price over exchanges, standard deviation in basis points."""

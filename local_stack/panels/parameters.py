"""The parameters that a panel's SQL may name, and what each renderer puts there."""

from coincap.trust import seed

EVERYTHING = {"from": "0001-01-01 00:00:00+00", "to": "9999-12-31 00:00:00+00"}


def pegs() -> str:
    """Return the stablecoins of the seed list and their peg in USD: ``tether=1,usd-coin=1``."""
    return ",".join(f"{row['asset_id']}={row['peg_usd']}" for row in seed("stablecoins"))


def defaults(asset: str) -> dict[str, str]:
    """Return every parameter for one asset, all exchanges, all times, minute by minute.

    A filter of several ids is an array literal, ``{binance,kraken}``; one that names none lets
    everything pass.
    """
    return EVERYTHING | {
        "asset": asset,
        "asset_filter": "{}",
        "bucket": "1 minute",
        "exchanges": "{}",
        "pegs": pegs(),
    }


GRAFANA = {
    "from": "$__timeFrom()",
    "to": "$__timeTo()",
    "asset": "${asset:sqlstring}",
    "asset_filter": "array[${asset_filter:sqlstring}]",
    "bucket": "greatest('$__interval'::interval, case when $__timeTo()::timestamptz "
    "> $__timeFrom()::timestamptz + interval '7 days' then interval '1 hour' end)",
    "exchanges": "array[${exchange:sqlstring}]",
}
"""What stands for a parameter in a Grafana query; Grafana puts the values in.

More than a week is drawn by the hour at least: candles are rolled up by the hour.

Ids come from CoinCap and from links (``?var-exchange=``), so each is quoted by ``sqlstring``, which
doubles quotes and separates several by commas; its ``csv`` does neither.
"""


def grafana(name: str, longest_days: int = 0) -> str:
    """Return a parameter in Grafana's form, the start at most ``longest_days`` before the end."""
    if name == "from" and longest_days:
        latest = f"{GRAFANA['to']}::timestamptz - interval '{longest_days} days'"
        return f"greatest({GRAFANA['from']}::timestamptz, {latest})"
    return GRAFANA[name] if name in GRAFANA else f"'{pegs()}'"

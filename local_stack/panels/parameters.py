"""The parameters that a panel's SQL may name, and what each renderer puts there."""

from coincap.trust import seed

EVERYTHING = {"from": "0001-01-01 00:00:00+00", "to": "9999-12-31 00:00:00+00"}


def pegs() -> str:
    """Return the stablecoins of the seed list and their peg in USD: ``tether=1,usd-coin=1``."""
    return ",".join(f"{row['asset_id']}={row['peg_usd']}" for row in seed("stablecoins"))


def defaults(asset: str) -> dict[str, str]:
    """Return every parameter for one asset, all exchanges, all times, minute by minute."""
    return EVERYTHING | {
        "asset": asset,
        "asset_filter": "",
        "bucket": "1 minute",
        "exchanges": "",
        "pegs": pegs(),
    }


GRAFANA = {
    "from": "$__timeFrom()",
    "to": "$__timeTo()",
    "asset": "${asset:sqlstring}",
    "asset_filter": "'${asset_filter:csv}'",
    "bucket": "'$__interval'",
    "exchanges": "'${exchange:csv}'",
}
"""What stands for a parameter in a Grafana query; Grafana puts the values in."""


def grafana(name: str) -> str:
    """Return a parameter in Grafana's form."""
    return GRAFANA[name] if name in GRAFANA else f"'{pegs()}'"

"""How much of what the exchanges claim a sweep of markets got: by pair and by volume."""

import json
from dataclasses import dataclass
from decimal import Decimal

from ingest.lake import Lake

CLAIMS = "state/exchanges.json"


@dataclass(frozen=True)
class Completeness:
    """Pairs, exchanges and USD volume: got and claimed (None: no exchanges seen yet).

    ``missing`` names exchanges that claim pairs and sent none; ``short`` those that sent
    fewer than they claim, with both numbers.
    """

    pairs_got: int
    pairs_claimed: int | None
    exchanges_got: int
    exchanges_claimed: int | None
    volume_got_usd: str
    volume_claimed_usd: str | None
    missing: tuple[str, ...] = ()
    short: tuple[tuple[str, int, int], ...] = ()


def remember_claims(lake: Lake, snapshot_id: str, polled_at_ms: int, rows: list[dict]) -> None:
    """Keep the newest exchanges answer: each exchange's claimed pairs and volume."""
    content = {
        "snapshot_id": snapshot_id,
        "polled_at_ms": polled_at_ms,
        "exchanges": {
            row["exchangeId"]: {"pairs": int(row["tradingPairs"]), "volume": row.get("volumeUsd")}
            for row in rows
        },
    }

    def change(old: bytes | None) -> bytes | None:
        if old and json.loads(old)["polled_at_ms"] > polled_at_ms:
            return None
        return json.dumps(content).encode()

    lake.update(CLAIMS, change)


def claims(lake: Lake) -> dict[str, dict] | None:
    """Return what each exchange claims, or None where no exchanges answer was seen."""
    content = lake.get(CLAIMS)
    return json.loads(content)["exchanges"] if content else None


def measure(rows: list[dict], claimed: dict[str, dict] | None, scope: str | None) -> Completeness:
    """Compare accepted markets (distinct) with the claims.

    A sweep narrowed to one exchange is compared with that exchange; one narrowed by another
    filter has no denominator.
    """
    got: dict[str, int] = {}
    volume = Decimal(0)
    for row in rows:
        got[row["exchangeId"]] = got.get(row["exchangeId"], 0) + 1
        volume += Decimal(row.get("volumeUsd24Hr") or 0)
    if scope is not None:
        claimed = {scope: claimed[scope]} if claimed and scope in claimed else None
    facts = {
        "pairs_got": len(rows),
        "exchanges_got": len(got),
        "volume_got_usd": f"{volume:f}",
    }
    if claimed is None:
        return Completeness(
            pairs_claimed=None, exchanges_claimed=None, volume_claimed_usd=None, **facts
        )
    active = {name: claim for name, claim in claimed.items() if claim["pairs"]}
    return Completeness(
        pairs_claimed=sum(claim["pairs"] for claim in active.values()),
        exchanges_claimed=len(active),
        volume_claimed_usd=f"{sum(Decimal(c['volume'] or 0) for c in active.values()):f}",
        missing=tuple(sorted(active.keys() - got.keys())),
        short=tuple(
            (name, got[name], claim["pairs"])
            for name, claim in sorted(active.items())
            if 0 < got.get(name, 0) < claim["pairs"]
        ),
        **facts,
    )

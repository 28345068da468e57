"""How much of what the exchanges claim a sweep of markets got: by pair and by volume."""

import json
from dataclasses import dataclass
from decimal import Decimal

from ingest.lake import Lake

CLAIMS = "state/exchanges.json"


@dataclass(frozen=True)
class Completeness:
    """Pairs, exchanges and USD volume: got and claimed (None: no exchanges seen yet).

    Got counts towards the claims: of each exchange at most what it claims, so that one that
    sends more than it claims, or is not listed, cannot hide what another withholds. Without
    claims it is all that came. ``missing`` names exchanges that claim pairs and sent none;
    ``short`` those that sent fewer than they claim, with both numbers.
    """

    pairs_got: int
    pairs_claimed: int | None
    exchanges_got: int
    exchanges_claimed: int | None
    volume_got_usd: str
    volume_claimed_usd: str | None
    missing: tuple[str, ...] = ()
    short: tuple[tuple[str, int, int], ...] = ()

    @property
    def percent(self) -> float | None:
        """Pairs got of those claimed, in percent to two digits; None where none are claimed."""
        if not self.pairs_claimed:
            return None
        return round(100 * self.pairs_got / self.pairs_claimed, 2)


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
    filter, or to an exchange's largest pairs, has no denominator.
    """
    got: dict[str, int] = {}
    volume: dict[str, Decimal] = {}
    for row in rows:
        name = row["exchangeId"]
        got[name] = got.get(name, 0) + 1
        volume[name] = volume.get(name, Decimal(0)) + Decimal(row.get("volumeUsd24Hr") or 0)
    if scope is not None:
        claimed = {scope: claimed[scope]} if claimed and scope in claimed else None
    if claimed is None:
        total = sum(volume.values(), Decimal(0))
        return Completeness(len(rows), None, len(got), None, f"{total:f}", None)
    active = {name: claim for name, claim in claimed.items() if claim["pairs"]}
    claimed_volume = {name: Decimal(claim["volume"] or 0) for name, claim in active.items()}
    got_volume = sum(min(volume.get(n, Decimal(0)), claimed_volume[n]) for n in active)
    return Completeness(
        pairs_got=sum(min(got.get(name, 0), claim["pairs"]) for name, claim in active.items()),
        pairs_claimed=sum(claim["pairs"] for claim in active.values()),
        exchanges_got=len(active.keys() & got.keys()),
        exchanges_claimed=len(active),
        volume_got_usd=f"{got_volume:f}",
        volume_claimed_usd=f"{sum(claimed_volume.values()):f}",
        missing=tuple(sorted(active.keys() - got.keys())),
        short=tuple(
            (name, got[name], claim["pairs"])
            for name, claim in sorted(active.items())
            if 0 < got.get(name, 0) < claim["pairs"]
        ),
    )

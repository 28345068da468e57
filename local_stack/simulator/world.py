"""The simulated world: assets, rates, exchanges and markets, drawn once from a seed."""

import math
import random
from dataclasses import dataclass

from simulator import quirks, seeds
from simulator.walk import Walk

STABLE = frozenset(row["asset_id"] for row in seeds.rows("stablecoins"))
"""Assets whose price hardly moves."""


@dataclass(slots=True)
class Asset:
    """One asset; price in USD before the walk, supply in units, volume in USD per 24 h."""

    id: str
    symbol: str
    name: str
    price: float
    supply: float
    volume: float
    number: int


@dataclass(slots=True)
class Rate:
    """One currency; ``asset`` is set where its rate is a simulated asset's price."""

    id: str
    symbol: str
    sign: str | None
    type: str
    usd: float
    asset: int | None


@dataclass(slots=True)
class Exchange:
    """One exchange; ``lag_s`` is None where CoinCap never heard of it (updated = 0)."""

    id: str
    name: str
    pairs: int
    volume: float | None
    socket: str | None
    lag_s: float | None
    trades_null: float
    listed: bool


@dataclass(slots=True)
class Market:
    """One trading pair; period and phase (s) say when it is updated."""

    exchange: Exchange
    rank: int
    base: Asset
    quote_id: str
    quote_symbol: str
    factor: float
    volume: float
    percent: float | None
    trades: int | None
    period_s: float
    phase_s: float
    stuck: bool


class World:
    """Everything that does not change with the clock, and the walk that prices it."""

    def __init__(self, seed: int, markets: int, exchanges: int, assets: int):
        draw = random.Random(f"{seed}/world")
        self.seed = seed
        self.assets = _assets(draw, assets)
        self.walk = Walk(seed, assets, [_daily(draw, asset) for asset in self.assets])
        numbers = {asset.id: asset.number for asset in self.assets}
        self.rates = [_rate(row, numbers) for row in seeds.rows("rates")]
        self.rate_of = {rate.id: rate for rate in self.rates}
        self.exchanges = _exchanges(draw, exchanges, markets)
        self.markets = _markets(draw, self)

    def price(self, asset: int, moment_s: float) -> float:
        """Return an asset's price in USD at a time (s since 1970)."""
        return self.assets[asset].price * self.walk.at(asset, moment_s)

    def rate(self, rate_id: str, moment_s: float) -> float | None:
        """Return USD for one unit of a currency; None where /rates does not know it."""
        rate = self.rate_of.get(rate_id)
        if rate is None:
            return None
        return rate.usd if rate.asset is None else self.price(rate.asset, moment_s)


def _assets(draw: random.Random, size: int) -> list[Asset]:
    known = seeds.rows("assets")[:size]
    assets = []
    for number in range(size):
        if number < len(known):
            row = known[number]
            identity = (row["asset_id"], row["symbol"], row["name"], float(row["price_usd"]))
        else:
            price = 10 ** draw.uniform(-8, 1)
            identity = (
                f"sim-coin-{number + 1}",
                f"SIM{number + 1}",
                f"Sim Coin {number + 1}",
                price,
            )
        cap = 1.3e12 / (number + 1) ** 1.25
        assets.append(Asset(*identity, cap / identity[3], 2e10 / (number + 1) ** 1.3, number))
    return assets


def _daily(draw: random.Random, asset: Asset) -> float:
    return 0.0004 if asset.id in STABLE else draw.uniform(0.02, 0.07)


def _rate(row: dict[str, str], numbers: dict[str, int]) -> Rate:
    return Rate(
        row["rate_id"],
        row["symbol"],
        row["currency_symbol"] or None,
        row["type"],
        float(row["rate_usd"]),
        numbers.get(row["rate_id"]) if row["type"] == "crypto" else None,
    )


def _exchanges(draw: random.Random, size: int, markets: int) -> list[Exchange]:
    known = seeds.rows("exchanges")
    listed = [row for row in known if row["listed"] == "true"]
    rows = listed[:size] + [row for row in known if row["listed"] != "true"]
    rows += [_made_exchange(draw, n) for n in range(len(listed), size)]
    total = sum(int(row["pairs"]) for row in rows)
    exchanges = [_exchange(row, int(row["pairs"]) * markets // total) for row in rows]
    active = [item for item, row in zip(exchanges, rows, strict=True) if int(row["pairs"])]
    for item in active:
        item.pairs = max(1, item.pairs)
    active[0].pairs += markets - sum(item.pairs for item in exchanges)
    return exchanges


def _made_exchange(draw: random.Random, number: int) -> dict[str, str]:
    return {
        "exchange_id": f"sim-exchange-{number + 1}",
        "name": f"Sim Exchange {number + 1}",
        "pairs": str(draw.randint(1, 120)),
        "volume_musd": str(10 ** draw.uniform(-2, 2)),
        "socket": draw.choice(("true", "false")),
        "updated_lag_s": str(draw.randint(1, 60)),
        "trades_null_share": "0.68",
        "listed": "true",
    }


def _exchange(row: dict[str, str], pairs: int) -> Exchange:
    return Exchange(
        row["exchange_id"],
        row["name"],
        pairs,
        float(row["volume_musd"]) * 1e6 if row["volume_musd"] else None,
        row["socket"] or None,
        float(row["updated_lag_s"]) if row["updated_lag_s"] else None,
        float(row["trades_null_share"]),
        row["listed"] == "true",
    )


def _markets(draw: random.Random, world: World) -> list[Market]:
    quotes = seeds.rows("quotes")
    known = [row for row in quotes if row["quote_id"] in world.rate_of]
    weights = [int(row["weight"]) for row in known]
    markets: list[Market] = []
    for exchange in sorted(world.exchanges, key=lambda item: item.id):
        pairs: set[tuple[int, str]] = set()
        picked = []
        while len(picked) < exchange.pairs:
            base = world.assets[int(len(world.assets) * draw.random() ** 2.2)]
            if draw.random() < quirks.UNKNOWN_QUOTE:
                quote = draw.choice(quirks.UNKNOWN_QUOTES)
            else:
                row = draw.choices(known, weights)[0]
                quote = (row["quote_id"], row["symbol"])
            if base.id != quote[0] and (base.number, quote[0]) not in pairs:
                pairs.add((base.number, quote[0]))
                picked.append((base, *quote))
        markets += _ranked(draw, exchange, picked)
    return markets


def _ranked(draw: random.Random, exchange: Exchange, picked: list) -> list[Market]:
    weights = sorted((draw.lognormvariate(0, 2.2) for _ in picked), reverse=True)
    picked.sort(key=lambda item: item[0].number + draw.random() * 40)
    total = sum(weights)
    return [
        _market(draw, exchange, rank, pair, weight / total)
        for rank, (pair, weight) in enumerate(zip(picked, weights, strict=True), 1)
    ]


def _market(draw: random.Random, exchange: Exchange, rank: int, pair, share: float) -> Market:
    base, quote_id, quote_symbol = pair
    factor = math.exp(draw.gauss(0, quirks.BASIS_BPS / 1e4))
    factor *= quirks.OFFICIAL_FX.get(quote_id, 1.0)
    volume = (exchange.volume or 1e5) * share
    if draw.random() < quirks.MISPRICED and volume < quirks.THIN_USD:
        factor *= 1 + draw.choice((-1, 1)) * draw.uniform(0.055, 0.3)
    has_percent = exchange.listed and draw.random() >= quirks.PERCENT_NULL_LISTED
    period = quirks.PERIOD_MEDIAN_S * math.exp(draw.gauss(0, quirks.PERIOD_SIGMA))
    return Market(
        exchange,
        rank,
        base,
        quote_id,
        quote_symbol,
        factor,
        volume,
        share * 100 if has_percent else None,
        None if draw.random() < exchange.trades_null else int(1 + 2e5 * share * draw.random()),
        min(period, quirks.PERIOD_MAX_S),
        draw.random() * 7200,
        draw.random() < quirks.STUCK,
    )

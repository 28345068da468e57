"""CoinCap's routes: a path and its parameters become rows. Errors are (status, message)."""

import random
import threading

from simulator.render import Renderer
from simulator.world import World

INTERVALS_S = {
    "m1": 60, "m5": 300, "m15": 900, "m30": 1800, "h1": 3600,
    "h2": 7200, "h6": 21_600, "h12": 43_200, "d1": 86_400,
}  # fmt: skip
MAX_LIMIT = 2000
DEFAULT_LIMIT = 100


class ApiError(Exception):
    """An answer that is no data: HTTP status and the message of its error body."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status, self.message = status, message


class Api:
    """Answers one version of the API over a world.

    ``moving_rows`` is how likely a later page is shifted by one row against the one before,
    as when a market appears or disappears while a client pages.
    """

    def __init__(self, world: World, version: str, moving_rows: float = 0.0):
        self._world, self._render = world, Renderer(world, version)
        self._moving, self._draw = moving_rows, random.Random(f"{world.seed}/moving")
        self._listed = [item for item in world.exchanges if item.listed]
        self._lock = threading.Lock()

    def data(self, path: list[str], query: dict[str, str], now_s: int) -> tuple[bytes, bool]:
        """Return rows joined by commas and whether ``data`` is a list; raises ApiError."""
        match path:
            case ["assets" | "exchanges" | "markets" as endpoint]:
                return self._listing(endpoint, query, now_s), True
            case ["rates"]:
                rows = range(len(self._world.rates))
                return self._render.page("rates", now_s, rows), True
            case ["assets", slug, "history"]:
                return self._history(slug, query, now_s), True
            case ["assets", slug, "markets"]:
                return self._listing("markets", {**query, "baseId": slug}, now_s), True
            case ["assets", slug]:
                return self._render.asset(self._asset(slug), now_s).encode(), False
            case ["exchanges", slug]:
                number = _find(self._listed, slug, "exchange")
                return self._render.exchange(self._listed[number], number, now_s).encode(), False
            case ["rates", slug]:
                number = _find(self._world.rates, slug, "rate")
                return self._render.rate(self._world.rates[number], now_s).encode(), False
        raise ApiError(404, f"{'/'.join(path)} not found")

    def _listing(self, endpoint: str, query: dict[str, str], now_s: int) -> bytes:
        limit = min(_number(query, "limit", DEFAULT_LIMIT), MAX_LIMIT)
        offset = _number(query, "offset", 0)
        rows = self._rows(endpoint, query)
        if endpoint == "markets" and offset and self._moves():
            offset += self._draw.choice((-1, 1))
        with self._lock:
            part = rows[offset : offset + limit]
            return self._render.page(endpoint, now_s, part)

    def _rows(self, endpoint: str, query: dict[str, str]) -> range | tuple[int, ...]:
        if endpoint == "exchanges":
            return range(len(self._listed))
        if endpoint == "assets":
            wanted = set(filter(None, query.get("ids", "").split(",")))
            size = range(len(self._world.assets))
            if not wanted:
                return size
            return tuple(n for n in size if self._world.assets[n].id in wanted)
        if not query.keys() & _FILTERS.keys():
            return range(len(self._world.markets))
        tests = [(_FILTERS[name], value) for name, value in query.items() if name in _FILTERS]
        return tuple(
            number
            for number, market in enumerate(self._world.markets)
            if all(read(market) == value for read, value in tests)
        )

    def _moves(self) -> bool:
        return self._draw.random() < self._moving

    def _history(self, slug: str, query: dict[str, str], now_s: int) -> bytes:
        asset = self._asset(slug)
        step_s = INTERVALS_S.get(query.get("interval", ""))
        if step_s is None:
            raise ApiError(400, f"interval: use one of {', '.join(INTERVALS_S)}")
        if asset.number % 50 == 49:
            raise ApiError(404, "Asset history not found")
        end = min(_number(query, "end", now_s * 1000) // 1000, now_s)
        start = _number(query, "start", (end - 720 * step_s) * 1000) // 1000
        if (end - start) / step_s > 2200:
            raise ApiError(400, "range too long for the interval")
        with self._lock:
            return self._render.history(asset, start, end, step_s).encode()

    def _asset(self, slug: str):
        return self._world.assets[_find(self._world.assets, slug, "asset")]


_FILTERS = {
    "exchangeId": lambda market: market.exchange.id,
    "baseId": lambda market: market.base.id,
    "assetId": lambda market: market.base.id,
    "quoteId": lambda market: market.quote_id,
    "baseSymbol": lambda market: market.base.symbol,
    "assetSymbol": lambda market: market.base.symbol,
    "quoteSymbol": lambda market: market.quote_symbol,
}


def _find(items: list, slug: str, kind: str) -> int:
    for number, item in enumerate(items):
        if item.id == slug:
            return number
    raise ApiError(404, f"{kind} {slug} not found")


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise ApiError(400, f"{name}: {text[:40]!r} is no whole number")
    return int(text)

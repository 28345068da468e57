"""Rows as CoinCap writes them; a market's text is made anew only when it was updated."""

import json
from datetime import UTC, datetime
from functools import lru_cache

from simulator import quirks
from simulator.world import Asset, Exchange, Market, Rate, World

HOUR_S = 3600
PAGES = 16
"""Kept for who asks again at the same moment; one of 2,000 markets is 640 kB."""


class Renderer:
    """Renders pages of one world. Times in seconds since 1970; v2 and v3 differ in details."""

    def __init__(self, world: World, version: str):
        self._world, self._v3 = world, version == "v3"
        self._prefixes = [_prefix(market) for market in world.markets]
        self._quotes: list[tuple[float, str, float] | None] = [None] * len(world.markets)
        self.page = lru_cache(maxsize=PAGES)(self._page)
        self._rate = lru_cache(maxsize=4096)(world.rate)

    def _page(self, endpoint: str, now_s: int, numbers: tuple[int, ...] | range) -> bytes:
        """Return rows of an endpoint by number, joined by commas."""
        row = getattr(self, f"_{endpoint}")
        return ",".join([row(number, now_s) for number in numbers]).encode()

    def _markets(self, number: int, now_s: int) -> str:
        market = self._world.markets[number]
        updated = updated_s(market, now_s)
        known = self._quotes[number]
        if known is None or known[0] != updated:
            known = self._quotes[number] = (updated, *self._trade(market, updated))
        _, quote_text, price_quote = known
        rate = self._rate(market.quote_id, now_s)
        usd, volume = "null", "null"
        if rate is not None:
            usd, volume = f'"{price_quote * rate:.16f}"', f'"{market.volume:.16f}"'
        percent = "null" if market.percent is None else f'"{market.percent:.16f}"'
        trades = "null" if market.trades is None else str(market.trades)
        if not self._v3 and market.trades is not None:
            trades = f'"{trades}"'
        return (
            f'{self._prefixes[number]}"priceQuote":"{quote_text}","priceUsd":{usd},'
            f'"volumeUsd24Hr":{volume},"percentExchangeVolume":{percent},'
            f'"tradesCount24Hr":{trades},"updated":{int(updated * 1000)}}}'
        )

    def _trade(self, market: Market, updated: float) -> tuple[str, float]:
        """Return the last trade's price in the quote, as text and number."""
        usd = self._world.price(market.base.number, updated) * market.factor
        rate = self._rate(market.quote_id, int(updated) // 10 * 10) or 0.6
        price = usd / rate
        return f"{price:.16f}", price

    def _assets(self, number: int, now_s: int) -> str:
        return self.asset(self._world.assets[number], now_s)

    def asset(self, asset: Asset, now_s: int) -> str:
        """Return one asset as JSON."""
        price = self._world.price(asset.number, now_s)
        yesterday = self._world.price(asset.number, now_s - 86_400)
        digits = 18 if self._v3 else 16
        row = {
            "id": asset.id,
            "rank": str(asset.number + 1),
            "symbol": asset.symbol,
            "name": asset.name,
            "supply": f"{asset.supply:.{digits}f}",
            "maxSupply": f"{asset.supply * 1.05:.{digits}f}" if asset.number % 3 == 0 else None,
            "marketCapUsd": f"{asset.supply * price:.{digits}f}",
            "volumeUsd24Hr": f"{asset.volume:.{digits}f}",
            "priceUsd": f"{price:.{digits}f}",
            "changePercent24Hr": f"{(price / yesterday - 1) * 100:.16f}",
            "vwap24Hr": None if asset.number % 40 == 39 else f"{(price + yesterday) / 2:.16f}",
            "explorer": f"https://explorer.invalid/{asset.id}",
        }
        if self._v3:
            row["tokens"] = {} if asset.number % 5 else {"1": [f"0x{asset.number:040x}"]}
        return _json(row)

    def _rates(self, number: int, now_s: int) -> str:
        return self.rate(self._world.rates[number], now_s)

    def rate(self, rate: Rate, now_s: int) -> str:
        """Return one rate as JSON."""
        row = {
            "id": rate.id,
            "symbol": rate.symbol,
            "currencySymbol": rate.sign,
            "type": rate.type,
            "rateUsd": f"{self._rate(rate.id, now_s):.16f}",
        }
        return _json(row)

    def _exchanges(self, number: int, now_s: int) -> str:
        listed = [item for item in self._world.exchanges if item.listed]
        return self.exchange(listed[number], number, now_s)

    def exchange(self, item: Exchange, number: int, now_s: int) -> str:
        """Return one exchange as JSON."""
        active = item.pairs > 0
        total = sum(other.volume or 0 for other in self._world.exchanges)
        percent = f"{100 * (item.volume or 0) / total:.18f}" + "0" * 18
        row = {
            "exchangeId": item.id,
            "name": item.name,
            "rank": str(number + 1),
            "percentTotalVolume": percent if active else None,
            "volumeUsd": f"{item.volume or 0:.16f}" if active else None,
            "tradingPairs": str(item.pairs),
            "socket": None if item.socket is None else item.socket == "true",
            "exchangeUrl": f"https://{item.id}.invalid/",
            "updated": 0 if item.lag_s is None else int((now_s - item.lag_s) * 1000),
        }
        return _json(row)

    def history(self, asset: Asset, start_s: int, end_s: int, step_s: int) -> str:
        """Return an asset's prices at whole steps in [start, end); some hours are missing."""
        first = -(-start_s // step_s) * step_s
        moments = [m for m in range(first, end_s, step_s) if not _is_gap(m)]
        return ",".join(_json(self._point(asset, moment)) for moment in moments)

    def _point(self, asset: Asset, moment: int) -> dict:
        return {
            "priceUsd": f"{self._world.price(asset.number, moment):.16f}",
            "time": moment * 1000,
            "circulatingSupply": round(asset.supply) if self._v3 else f"{asset.supply:.16f}",
            "date": _iso(moment),
        }


def updated_s(market: Market, now_s: float) -> float:
    """Return when a market was last heard of (s since 1970, to the ms), a pure function."""
    if market.stuck:
        least, width = quirks.STUCK_LAG_S
        return round(now_s - least - (now_s + market.phase_s) % width, 3)
    heard = now_s - quirks.LAG_FLOOR_S - market.phase_s
    return round(heard - heard % market.period_s + market.phase_s, 3)


def _prefix(market: Market) -> str:
    row = {
        "exchangeId": market.exchange.id,
        "rank": str(market.rank),
        "baseSymbol": market.base.symbol,
        "baseId": market.base.id,
        "quoteSymbol": market.quote_symbol,
        "quoteId": market.quote_id,
    }
    return _json(row)[:-1] + ","


def _is_gap(moment_s: int) -> bool:
    return moment_s // HOUR_S % quirks.HISTORY_GAP == 0


def _iso(moment_s: int) -> str:
    return f"{datetime.fromtimestamp(moment_s, UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def _json(row: dict) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))

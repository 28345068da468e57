"""A small market: a dozen assets on seven exchanges, deterministic."""

import math
import random

ASSETS = {  # id: (symbol, price USD, supply)
    "bitcoin": ("BTC", 66982.63, 19_768_000),
    "ethereum": ("ETH", 2602.13, 120_380_000),
    "tether": ("USDT", 0.9997, 119_900_000_000),
    "binance-coin": ("BNB", 595.41, 145_900_000),
    "solana": ("SOL", 151.07, 469_000_000),
    "usd-coin": ("USDC", 1.0002, 35_100_000_000),
    "xrp": ("XRP", 0.5437, 56_600_000_000),
    "dogecoin": ("DOGE", 0.12583, 146_400_000_000),
    "tron": ("TRX", 0.15961, 86_600_000_000),
    "cardano": ("ADA", 0.3468, 35_000_000_000),
    "shiba-inu": ("SHIB", 0.00001833, 589_260_000_000_000),
    "pepe": ("PEPE", 0.0000105, 420_690_000_000_000),
}
EXCHANGES = {  # id: (name, volume USD in 24 h, pairs claimed)
    "binance": ("Binance", 5_836_219_420, 24),
    "gdax": ("Coinbase Pro", 1_926_480_111, 14),
    "kraken": ("Kraken", 744_110_020, 12),
    "kucoin": ("KuCoin", 611_220_340, 11),
    "bitstamp": ("Bitstamp", 171_900_500, 11),
    "bibox": ("Bibox", 120_500_000, 10),
    "alterdice": ("AlterDice", 32_023_704, 5),
}


def pairs() -> list[tuple[str, str, float]]:
    """Return (exchange, base, volume USD) of every market; all are quoted in tether."""
    found = []
    for exchange, (_, volume, claimed) in EXCHANGES.items():
        bases = [base for base in ASSETS if base != "tether"][: claimed - 1]
        weights = [1 / (rank + 1) ** 1.3 for rank in range(len(bases))]
        found += [
            (exchange, base, volume * weight / sum(weights))
            for base, weight in zip(bases, weights, strict=True)
        ]
    return found


def walk(rng: random.Random, price: float, minutes: int) -> list[tuple[float, ...]]:
    """Return (open, high, low, close) per minute of a random walk that ends at ``price``."""
    path = [0.0]
    for _ in range(minutes * 4):
        path.append(path[-1] + rng.gauss(0, 0.0006))
    path = [price * math.exp(step - path[-1]) for step in path]
    bars = [path[i * 4 : i * 4 + 5] for i in range(minutes)]
    return [(bar[0], max(bar), min(bar), bar[-1]) for bar in bars]

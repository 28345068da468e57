"""PostgreSQL's tables against what the messages say they must hold."""

from collections.abc import Iterator

import psycopg

from chaos.check.candles import candles, exact_sum, is_quotient
from chaos.check.log import Message
from chaos.check.offline import LATEST, Expected, Sample
from chaos.check.values import Trust, column, same
from chaos.check.verdict import Verdict

_CANDLE = ("open", "high", "low", "close", "samples", "first_sampled_at", "last_sampled_at")
_MARKET_SUMS = (
    "price_weight_sum",
    "weight_sum",
    "trusted_samples",
    "trusted_price_weight_sum",
    "trusted_weight_sum",
)


def check_serving(db: psycopg.Connection, expected: Expected, trust: Trust) -> Verdict:
    """Compare every serving table, row by row."""
    verdict = Verdict()
    for topic, (table, identity, _) in LATEST.items():
        _latest(db, table, identity, expected.latest[topic], trust, verdict)
    markets = ("exchange_id", "base_id", "quote_id")
    held_markets = _ticks(db, "market_ticks", markets, expected.market_samples, verdict)
    held_assets = _ticks(db, "asset_ticks", ("asset_id",), expected.asset_samples, verdict)
    by_market = candles(held_markets)
    _market_candles(db, markets, by_market, verdict)
    _asset_candles(db, candles(held_assets), by_market, verdict)
    _rebuilds(db, expected, verdict)
    return verdict


def rows(db: psycopg.Connection, table: str) -> Iterator[tuple[dict, dict]]:
    """Yield (row, type codes) of a table."""
    cursor = db.execute(f"select * from market.{table}")
    codes = {c.name: c.type_code for c in cursor.description}
    for values in cursor:
        yield dict(zip(codes, values, strict=True)), codes


def _latest(db, table, identity, newest: dict[tuple, Message], trust, verdict) -> None:
    held = {}
    for row, codes in rows(db, table):
        held[tuple(row[column(name)] for name in identity)] = row, codes
    verdict.compare(f"latest row of {table}", set(newest), set(held))
    for key in newest.keys() & held.keys():
        different = _differences(*held[key], newest[key], trust)
        verdict.add("wrong", bool(different), f"{table} {key}: {', '.join(different)}")


def _differences(row: dict, codes: dict, message: Message, trust: Trust) -> list[str]:
    polled_at = message.moment("polled_at")
    wanted = {column(name): value for name, value in message.row.items()}
    wanted = {name: wanted.get(name) for name in codes}
    provenance = {
        "polled_at": polled_at,
        "envelope_at": message.moment("envelope_at"),
        "snapshot_id": message.headers["snapshot_id"],
        "api_version": message.headers["api_version"],
    }
    different = [n for n, v in provenance.items() if n in row and row[n] != v]
    if "distrust" in row and row["distrust"] != trust.distrust(message.row, polled_at):
        different.append("distrust")
    wanted["value_md5"] = message.md5
    own = [n for n in codes if n not in provenance and n != "distrust"]
    return different + [n for n in own if not same(row[n], wanted[n], codes[n])]


def _ticks(db, table: str, identity, samples: dict[tuple, Sample], verdict: Verdict) -> dict:
    """Compare samples; return those that the table may and does hold, as worked out."""
    held = {(*(r[n] for n in identity), r["sampled_at"]): r for r, _ in rows(db, table)}
    certain = {key for key, sample in samples.items() if sample.certain}
    verdict.add("lost", len(certain - held.keys()), f"{table}: {_one(certain - held.keys())}")
    impossible = {k for k in held if k not in samples or samples[k].late}
    verdict.add("wrong", len(impossible), f"{table} holds {_one(impossible)}")
    kept = {key: samples[key] for key in held.keys() & samples.keys()}
    for key, sample in kept.items():
        row = held[key]
        stored = (row["price"], row["snapshot_id"], str(row["value_md5"]).replace("-", ""))
        right = stored == (sample.price, sample.snapshot_id, sample.md5)
        if "weight" in row:
            right &= (row["weight"], row["distrust"]) == (sample.weight, sample.distrust)
        verdict.add("wrong", sample.certain and not right, f"{table} {key}: {stored}")
    return kept


def _market_candles(db, identity, wanted: dict, verdict: Verdict) -> None:
    held = {}
    for row, _ in rows(db, "market_candles_1m"):
        held[*(row[n] for n in identity), row["minute_start"]] = row
    verdict.compare("market candle", set(wanted), set(held))
    for key in wanted.keys() & held.keys():
        row, candle = held[key], wanted[key]
        right = all(row[n] == getattr(candle, n) for n in (*_CANDLE, *_MARKET_SUMS))
        right &= is_quotient(row["vwap"], candle.price_weight_sum, candle.weight_sum)
        verdict.add("wrong", not right, f"market candle {key}")


def _asset_candles(db, wanted: dict, by_market: dict, verdict: Verdict) -> None:
    traded: dict[tuple, list] = {}
    for (_, base, _, minute), candle in by_market.items():
        traded.setdefault((base, minute), []).append(candle)
    held = {(r["asset_id"], r["minute_start"]): r for r, _ in rows(db, "asset_candles_1m")}
    verdict.compare("asset candle", set(wanted), set(held))
    for key in wanted.keys() & held.keys():
        row, candle, markets = held[key], wanted[key], traded.get(key, [])
        value = exact_sum(c.trusted_price_weight_sum for c in markets)
        weight = exact_sum(c.trusted_weight_sum for c in markets)
        right = all(row[n] == getattr(candle, n) for n in _CANDLE)
        right &= (row["price_weight_sum"], row["weight_sum"]) == (value, weight)
        right &= row["market_samples"] == sum(c.trusted_samples for c in markets)
        right &= is_quotient(row["vwap"], value, weight)
        verdict.add("wrong", not right, f"asset candle {key}")


def _rebuilds(db, expected: Expected, verdict: Verdict) -> None:
    """Every late sample's minute is queued, and no minute without a late sample is."""
    queued = {
        (r["candle_table"], r["exchange_id"], r["base_id"], r["quote_id"], r["minute_start"])
        for r, _ in rows(db, "candle_rebuilds")
    }
    must, may = set(), set()
    for (*market, at), sample in expected.market_samples.items():
        key = ("market_candles_1m", *market, at.replace(second=0, microsecond=0))
        _sort(key, sample, must, may)
    for (asset, at), sample in expected.asset_samples.items():
        key = ("asset_candles_1m", "", asset, "", at.replace(second=0, microsecond=0))
        _sort(key, sample, must, may)
    verdict.add("lost", len(must - queued), f"rebuild {_one(must - queued)}")
    verdict.add("wrong", len(queued - may), f"rebuild {_one(queued - may)}")


def _sort(key: tuple, sample: Sample, must: set, may: set) -> None:
    if sample.late:
        must.add(key)
    if sample.may_be_queued:
        may.add(key)


def _one(keys) -> str:
    return str(min(keys, key=str)) if keys else ""

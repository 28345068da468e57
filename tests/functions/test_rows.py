"""A page's rows: only the same identity twice is a duplicate."""

import json

from coincap.contract import record_type
from ingest.client import Call
from ingest.envelope import parse
from ingest.rows import Seen, check_page
from ingest.source import Page
from ingest.tick import Tick

MARKET, TICK, AT = record_type("market"), Tick("markets", 0), 1_729_168_800_000


def page(*identities: tuple[str, str, str]) -> Page:
    rows = [
        {field.name: None for field in MARKET.fields}
        | {"rank": "1", "baseSymbol": "A", "quoteSymbol": "B", "priceUsd": "1", "priceQuote": "1"}
        | {"percentExchangeVolume": "1", "volumeUsd24Hr": "1", "updated": AT}
        | dict(zip(MARKET.key, identity, strict=True))
        for identity in identities
    ]
    body = json.dumps({"timestamp": AT, "data": rows}).encode()
    return Page(1, "markets", body, AT, [Call(1)], parse(body))


def test_ids_that_join_to_the_same_key_are_two_markets():
    twins = [("a|b", "c", "d"), ("a", "b|c", "d"), ("a", "b", "c|d")]
    result = check_page(MARKET, TICK, page(*twins), "v3", Seen())
    assert [MARKET.identity(row) for _, row in result.accepted] == twins
    assert (result.received, result.duplicates, result.dead_letters) == (3, 0, [])


def test_the_same_market_on_two_pages_is_published_once():
    seen, same = Seen(), ("a|b", "c", "d")
    results = [check_page(MARKET, TICK, page(same), "v3", seen) for _ in range(2)]
    assert [(len(result.accepted), result.duplicates) for result in results] == [(1, 0), (0, 1)]

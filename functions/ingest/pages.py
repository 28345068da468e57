"""Raw pages in the lake: kept before anything is published, read again by a retry."""

import gzip
import json
from dataclasses import asdict

from ingest.client import Call
from ingest.envelope import parse
from ingest.lake import Lake
from ingest.source import Page
from ingest.tick import Tick


def name(tick: Tick, number: int) -> str:
    """Return the name of a raw page in the lake."""
    return f"{tick.folder}/page-{number:04d}.json.gz"


def keep(lake: Lake, tick: Tick, page: Page) -> Page:
    """Store a page if it is the first of its number; return the page that counts.

    The body is written first: where its description is missing, the page is not there yet.
    """
    path = name(tick, page.number)
    lake.put_if_absent(path, gzip.compress(page.body, 1, mtime=0))
    meta = {
        "path": page.path,
        "polled_at_ms": page.polled_at_ms,
        "bytes": len(page.body),
        "single": page.single,
        "calls": [asdict(call) for call in page.calls],
    }
    if lake.put_if_absent(_meta(path), json.dumps(meta, indent=1).encode()):
        stored = lake.get(path)
        if gzip.decompress(stored) == page.body:
            return page
    return load(lake, tick, page.number) or page


def load(lake: Lake, tick: Tick, number: int) -> Page | None:
    """Return a stored page, parsed, or None where there is none."""
    path = name(tick, number)
    meta, body = lake.get(_meta(path)), lake.get(path)
    if meta is None or body is None:
        return None
    facts = json.loads(meta)
    content = gzip.decompress(body)
    calls = [Call(**call) for call in facts["calls"]]
    envelope = parse(content, facts["single"])
    return Page(
        number, facts["path"], content, facts["polled_at_ms"], calls, envelope, facts["single"]
    )


def stored(lake: Lake, tick: Tick) -> list[Page]:
    """Return the stored pages from 1 up to the first gap."""
    pages: list[Page] = []
    while page := load(lake, tick, len(pages) + 1):
        pages.append(page)
    return pages


def _meta(path: str) -> str:
    return path.removesuffix(".json.gz") + ".meta.json"

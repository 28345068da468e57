"""The sizes in dataproc_jobs/README.md, measured: `./tests/run tests/stream/test_sizes.py -s`.

One hour of candles and samples of 1,000 markets and 1,000 assets with keys and digits as long as
CoinCap's, in the real tables; bytes are pg_total_relation_size (rows, primary key, TOAST).
"""

import re
from pathlib import Path

import psycopg
import pytest

README = Path(__file__).parents[2] / "dataproc_jobs" / "README.md"
FILL = {
    "market_candles_1m": """
        select 'exchange-' || n % 60, 'base-asset-' || n, 'quote-' || n % 7, minute,
            p, p * 1.01, p * 0.99, p, p, 1, minute + s, minute + s, p * w, w, 1, p * w, w""",
    "asset_candles_1m": """
        select 'base-asset-' || n, minute, p, p, p, p, p, 1, minute + s, minute + s, p * w, w,
            12""",
    "market_ticks": """
        select 'base-asset-' || n, 'exchange-' || n % 60, 'quote-' || n % 7, minute + s, p, w, null,
            minute + s, 'markets-20241017T124000Z', md5(n || minute::text)::uuid""",
    "asset_ticks": """
        select 'base-asset-' || n, minute + s, p, minute + s, 'assets-20241017T124000Z',
            md5(n || minute::text)::uuid""",
    "market_candles_1h": """
        select 'exchange-' || n % 60, 'base-asset-' || n, 'quote-' || n % 7, minute,
            p, p * 1.01, p * 0.99, p, p, 60, 60, p * w, w, 60""",
    "asset_candles_1h": """
        select 'base-asset-' || n, minute, p, p, p, p, p, 60, 60, 'markets', p * w, w, 12""",
}  # fmt: skip
SOURCE = """
    from generate_series('2024-10-17 12:00Z'::timestamptz, '2024-10-17 12:59Z', '1 min') as minute,
    generate_series(1, 1000) as n,
    lateral (
        select round((random() * 10 ^ (n % 6))::numeric, 4) + round(random()::numeric, 14) as p,
            round((random() * 1e7)::numeric, 0) as w, random() * interval '59 s' as s
    ) as value
"""


@pytest.fixture
def bytes_per_row(postgres):
    """Table name to bytes per row, after a vacuum."""
    found = {}
    with psycopg.connect(postgres.dsn, autocommit=True) as db:
        for table, columns in FILL.items():
            name = f"market.{table}"
            if not table.endswith("_1h"):
                db.execute("select market.ensure_partition(%s, date '2024-10-17')", [table])
                name += "_20241017"
            db.execute(f"insert into market.{table} {columns} {SOURCE}")
            db.execute(f"vacuum (analyze) {name}")
            size = "select pg_total_relation_size(%s::regclass)"
            found[table] = db.execute(size, [name]).fetchone()[0] / 60_000
    return found


def test_the_documented_sizes_are_the_measured_ones(bytes_per_row):
    text = README.read_text("utf-8")
    for table, measured in bytes_per_row.items():
        print(f"\n{table}: {measured:.0f} bytes a row")
    for table, measured in bytes_per_row.items():
        documented = re.search(rf"^\| `{table}` \| ([0-9]+) \|", text, re.MULTILINE)
        assert documented, f"no row of {table} in the README's table of sizes"
        assert abs(int(documented[1]) / measured - 1) < 0.1, (table, measured)

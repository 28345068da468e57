"""The export of the live tables: every type that the migrations use, to the last digit."""

from decimal import Decimal

import psycopg
import pyarrow.parquet as pq

from embedded.export import export_serving

EXACT = Decimal("0.000000000000000001")


def test_every_table_is_written_whatever_types_its_columns_have(postgres, tmp_path):
    with psycopg.connect(postgres.dsn) as db:
        db.execute("update market.stream_owner set tick_window = '1 day 2 hours'")
        db.execute(
            "insert into market.alerts (alert_id, rule, subject, severity, status, opened_at, "
            "updated_at, value, message) values ('a', 'r', 's', 'watch', 'open', "
            "'2026-01-01 12:00:00.000001+00', now(), %s, 'm')",
            [EXACT],
        )
        tables = db.execute(
            "select table_name from information_schema.tables where table_schema = 'market' "
            "and table_type = 'BASE TABLE'"
        ).fetchall()
    rows = export_serving(postgres.dsn, tmp_path)
    assert set(rows) <= {name for (name,) in tables}
    assert len(rows) > 15
    assert set(rows) == {path.stem for path in tmp_path.glob("*.parquet")}
    (owner,) = pq.read_table(tmp_path / "stream_owner.parquet").to_pylist()
    assert owner["tick_window"] == "1 day 02:00:00"
    (alert,) = pq.read_table(tmp_path / "alerts.parquet").to_pylist()
    assert alert["value"] == EXACT
    assert alert["opened_at"].isoformat() == "2026-01-01T12:00:00.000001+00:00"

"""The load against a real emulator: complete, idempotent, all or nothing."""

import datetime as dt
import hashlib
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import Forbidden, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from coincap_dags.load import LoadError, load
from coincap_dags.load_tables import LOG

PRICE = Decimal("0.044483000000000001")
COLUMNS = [["id", "STRING"], ["price", "BIGNUMERIC(38,18)"], ["seen_at", "TIMESTAMP"]]


@pytest.fixture
def client(emulator):
    return bigquery.Client(
        "coincap-local",
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=emulator.endpoint),
    )


@pytest.fixture
def lake(emulator, request):
    return Lake(emulator.lake, f"t_{hashlib.md5(request.node.name.encode()).hexdigest()[:10]}")


class Lake:
    """One table's days as Parquet files, and the manifest that lists them."""

    def __init__(self, root, name):
        self.root, self.name, self.days, self.columns = root, name, {}, list(COLUMNS)

    def write(self, day, prices, rows=None, extra=None):
        """Write a day's file; ``rows`` claims another count, ``extra`` adds a column."""
        content = {
            "id": pa.array([f"a{n}" for n in range(len(prices))]),
            "price": pa.array(prices, pa.decimal128(38, 18)),
            "seen_at": pa.array(
                [dt.datetime.fromisoformat(f"{day}T01:00:00+00:00")] * len(prices),
                pa.timestamp("us", "UTC"),
            ),
        }
        if extra:
            self.columns = [*COLUMNS, [extra, "STRING"]]
            content[extra] = pa.array(["new"] * len(prices))
        mark = hashlib.md5(f"{prices}{rows}{extra}".encode()).hexdigest()
        path = self.root / "silver" / self.name / f"date={day}" / f"{mark}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(content), path)
        self.days[day] = {
            "files": [str(path.relative_to(self.root))],
            "fingerprint": mark,
            "rows": len(prices) if rows is None else rows,
            "sums": {"price": str(sum(prices))},
        }

    @property
    def manifest(self):
        table = {
            "columns": self.columns,
            "partition_by": "seen_at",
            "cluster_by": ["id"],
            "sums": ["price"],
            "partitions": self.days,
        }
        return {"version": 1, "tables": {self.name: table}}


def stored(client, lake):
    query = f"select date(seen_at) as day, price from raw.{lake.name} order by 1, 2"
    return [(str(row.day), row.price) for row in client.query(query).result()]


def test_a_day_arrives_to_the_last_digit_and_is_not_loaded_again(client, lake):
    lake.write("2021-10-27", [PRICE, Decimal(2)])
    (first,) = load(client, lake.manifest, "gs://lake")
    (second,) = load(client, lake.manifest, "gs://lake")
    assert (first.days, first.rows, second.days) == (1, 2, 0)
    assert stored(client, lake) == [("2021-10-27", PRICE), ("2021-10-27", Decimal(2))]


def test_an_account_that_may_make_no_dataset_loads_into_the_one_there_is(client, lake, monkeypatch):
    """As on Google Cloud: BigQuery asks for the right before it looks whether the name is taken."""
    lake.write("2024-10-17", [PRICE])
    load(client, lake.manifest, "gs://lake")

    def refuse(*_, **__):
        raise Forbidden("User does not have bigquery.datasets.create permission in project")

    monkeypatch.setattr(client, "create_dataset", refuse)
    lake.write("2024-10-18", [PRICE])
    (done,) = load(client, lake.manifest, "gs://lake")
    assert done.days == 1
    monkeypatch.setattr("coincap_dags.load_tables.DATASET", "not_there")
    with pytest.raises(Forbidden):
        load(client, lake.manifest, "gs://lake")
    with pytest.raises(NotFound):
        client.get_dataset("not_there")


def test_a_load_job_asks_for_decimals_of_38_digits(client, lake, monkeypatch):
    """BigQuery's own choice is NUMERIC, of nine digits of fraction; the emulator does not care."""
    lake.write("2024-10-17", [PRICE])
    jobs, submit = [], client.load_table_from_uri
    monkeypatch.setattr(
        client, "load_table_from_uri", lambda *a, **k: jobs.append(submit(*a, **k)) or jobs[-1]
    )
    load(client, lake.manifest, "gs://lake")
    (job,) = jobs
    assert client.get_job(job.job_id).configuration.decimal_target_types == {"BIGNUMERIC"}
    assert stored(client, lake) == [("2024-10-17", PRICE)]


def test_a_changed_day_replaces_the_old_one_and_a_gone_day_goes(client, lake):
    lake.write("2024-10-16", [Decimal(1)])
    lake.write("2024-10-17", [Decimal(2)])
    load(client, lake.manifest, "gs://lake")
    lake.write("2024-10-17", [Decimal(3), Decimal(4)])
    del lake.days["2024-10-16"]
    (done,) = load(client, lake.manifest, "gs://lake")
    assert (done.days, done.removed) == (1, 1)
    assert stored(client, lake) == [("2024-10-17", Decimal(3)), ("2024-10-17", Decimal(4))]


def test_a_load_that_differs_from_the_lake_changes_nothing_and_names_the_day(client, lake):
    lake.write("2024-10-17", [Decimal(1)])
    load(client, lake.manifest, "gs://lake")
    lake.write("2024-10-17", [Decimal(5)], rows=2)
    with pytest.raises(LoadError, match="of 2024-10-17: 1 rows loaded, the lake has 2"):
        load(client, lake.manifest, "gs://lake")
    assert stored(client, lake) == [("2024-10-17", Decimal(1))]
    lake.write("2024-10-17", [Decimal(5)])
    lake.days["2024-10-17"]["sums"]["price"] = "5.000000000000000001"
    with pytest.raises(LoadError, match="sum of price"):
        load(client, lake.manifest, "gs://lake")
    assert stored(client, lake) == [("2024-10-17", Decimal(1))]


def test_a_load_that_died_leaves_no_table_and_no_log(client, lake):
    lake.write("2024-10-17", [Decimal(1)], rows=9)
    with pytest.raises(LoadError):
        load(client, lake.manifest, "gs://lake")
    names = [table.table_id for table in client.list_tables("raw")]
    assert names
    assert not [name for name in names if name.startswith(f"loading_{lake.name}")]
    query = f"select count(*) as n from {LOG} where table_name = '{lake.name}'"
    assert next(iter(client.query(query).result())).n == 0


def test_a_new_field_of_the_contract_becomes_a_column(client, lake):
    lake.write("2024-10-16", [Decimal(1)])
    load(client, lake.manifest, "gs://lake")
    lake.write("2024-10-17", [Decimal(2)], extra="colour")
    load(client, lake.manifest, "gs://lake")
    query = f"select price, colour from raw.{lake.name} order by 1"
    assert [tuple(row) for row in client.query(query).result()] == [
        (Decimal(1), None),
        (Decimal(2), "new"),
    ]


def test_a_table_without_a_day_is_made_empty(client, lake):
    load(client, lake.manifest, "gs://lake")
    assert stored(client, lake) == []


def test_a_file_that_is_gone_keeps_the_old_day_and_is_named(client, lake):
    lake.write("2024-10-17", [Decimal(1)])
    load(client, lake.manifest, "gs://lake")
    lake.write("2024-10-17", [Decimal(7)])
    (lake.root / lake.days["2024-10-17"]["files"][0]).unlink()
    with pytest.raises(LoadError, match=f"raw.{lake.name} of 2024-10-17 to 2024-10-17: BigQuery"):
        load(client, lake.manifest, "gs://lake")
    assert stored(client, lake) == [("2024-10-17", Decimal(1))]


def test_a_swap_that_dies_half_way_keeps_the_old_day_and_its_log(client, lake, monkeypatch):
    from coincap_dags import load as module

    lake.write("2024-10-17", [Decimal(1)])
    load(client, lake.manifest, "gs://lake")
    lake.write("2024-10-17", [Decimal(8)])
    swap = module.swap
    broken = "delete from raw.lost where true; commit transaction"
    monkeypatch.setattr(
        module, "swap", lambda *given: swap(*given).replace("commit transaction", broken)
    )
    with pytest.raises(LoadError, match=f"raw.{lake.name} of 2024-10-17 to 2024-10-17: .*lost"):
        load(client, lake.manifest, "gs://lake")
    assert stored(client, lake) == [("2024-10-17", Decimal(1))]
    monkeypatch.undo()
    load(client, lake.manifest, "gs://lake")
    assert stored(client, lake) == [("2024-10-17", Decimal(8))]

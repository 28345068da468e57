"""The stream's dead letters judged again: what passes now is in the tables, once, and marked."""

import pytest
from harness import Driver, in_partitions, market, message, tables

import redeliver
from coincap_jobs import redelivery, wire
from coincap_jobs.archive import Archive, bronze_path, ensure_bronze
from coincap_jobs.database import connect
from coincap_jobs.fence import Fence

AT = "2024-10-17T12:31:00.000Z"


@pytest.fixture
def refused(spark, postgres, tmp_path):
    """Three messages that the contract refuses, and one that it takes; in tables and bronze."""
    sent = [
        message("markets", {**market("a"), "rank": "1.5"}, AT, "s1"),
        message("markets", {**market("b"), "rank": "2.5"}, AT, "s1"),
        message("markets", market("c", price="NaN"), AT, "s1"),
        message("markets", market("d"), AT, "s1"),
    ]
    placed = in_partitions(sent)
    driver = Driver(spark, postgres.dsn)
    driver.process(placed, 0)
    lake = str(tmp_path / "lake")
    ensure_bronze(spark, lake)
    ids = driver.serve.topic_ids
    fence = Fence(spark, bronze_path(lake))
    archive = Archive(lake, postgres.dsn, driver.ownership.epoch, ids, {}, driver.plan, fence)
    archive.process(driver.frame(placed), 0)
    driver.close()
    return postgres.dsn, lake


@pytest.fixture
def again(refused, capsys, monkeypatch, spark):
    """Run the job; return its line."""
    dsn, lake = refused
    # The job would end the session that all tests share.
    monkeypatch.setattr(type(spark), "stop", lambda _: None)

    def run(*words):
        assert redeliver.main(["--postgres", dsn, "--lake", lake, *words]) == 0
        return capsys.readouterr().out.strip()

    return run


def corrected(monkeypatch):
    """The contract takes any rank now."""
    faults = wire._faults
    monkeypatch.setattr(wire, "_faults", lambda f: [] if f.name == "rank" else faults(f))


def letters(dsn):
    with connect(dsn, "test") as connection:
        query = "select reason, status, replayed_at is not null from market.dead_letters order by 1"
        return connection.execute(query).fetchall()


def test_what_still_fails_stays_open(again, refused):
    before = tables(refused[0])
    assert again() == "0 of 3 letters are replayed, 3 are refused still"
    assert tables(refused[0]) == before


def test_what_passes_now_is_in_the_tables_once_and_marked(again, refused, monkeypatch):
    dsn, _ = refused
    corrected(monkeypatch)
    line = again()
    assert line.startswith("2 of 3 letters are replayed, 1 are refused still; for the warehouse ")
    assert letters(dsn) == [
        ("not_a_number", "open", False),
        ("not_a_number", "replayed", True),
        ("not_a_number", "replayed", True),
    ]
    content = tables(dsn)
    assert [row["exchange_id"] for row in content["markets"]] == ["a", "b", "d"]
    assert len(content["market_ticks"]) == 3
    assert again() == "0 of 1 letters are replayed, 1 are refused still"
    assert tables(dsn) == content


def test_letters_go_in_portions(again, refused, monkeypatch):
    corrected(monkeypatch)
    monkeypatch.setattr(redelivery, "AT_ONCE", 1)
    assert again().startswith("2 of 3 letters are replayed, 1 are refused still")


def test_only_the_chosen_letters(again, monkeypatch):
    corrected(monkeypatch)
    assert again("--reason", "too_long") == "0 of 0 letters are replayed, 0 are refused still"
    assert again("--since", "2199-01-01").startswith("0 of 0 letters")


def test_a_message_that_is_not_in_bronze_is_said(again, refused):
    with connect(refused[0], "test") as connection:
        connection.execute("update market.dead_letters set raw_sha_256 = repeat('0', 64)")
    assert again().endswith("0 are refused still, 3 are not in bronze (yet)")

"""Where the stream starts, and when it refuses to."""

import pytest

from coincap_jobs.checkpoint import Checkpoint, check_not_ahead
from coincap_jobs.driver import furthest, starting
from coincap_jobs.errors import JobError
from coincap_jobs.kafka_source import from_json, to_json
from coincap_jobs.serve import pending

TOPIC = "coincap.markets"


def write_checkpoint(folder, ends, committed=True):
    for part in ("offsets", "commits"):
        (folder / part).mkdir(parents=True)
    for number, end in enumerate(ends):
        (folder / "offsets" / str(number)).write_text("v1\n{}\n" + to_json({TOPIC: end}))
        if committed or number + 1 < len(ends):
            (folder / "commits" / str(number)).write_text('v1\n{"nextBatchWatermarkMs":0}')
    return folder


def test_a_new_checkpoint_starts_from_the_ledger():
    earliest = {TOPIC: {0: 5, 1: 0}}
    assert starting({TOPIC: {0: 30}}, earliest) == {TOPIC: {0: 30, 1: 0}}


def test_expired_offsets_stop_the_start_with_the_way_out():
    way_out = r"offset 3 is needed but Kafka starts at 5.*rewind --from-offsets coincap.markets:0=5"
    for given_up in (None, {TOPIC: {0: 4}}):
        with pytest.raises(JobError, match=way_out):
            starting({TOPIC: {0: 3}}, {TOPIC: {0: 5}}, given_up)


def test_an_accepted_gap_is_skipped_but_nothing_that_kafka_still_has():
    assert starting({TOPIC: {0: 3}}, {TOPIC: {0: 5}}, {TOPIC: {0: 5}}) == {TOPIC: {0: 5}}
    assert starting({TOPIC: {0: 3}}, {TOPIC: {0: 2}}, {TOPIC: {0: 9}}) == {TOPIC: {0: 3}}


def test_bronze_may_lack_what_kafka_no_longer_has_or_what_was_given_up():
    held = {TOPIC: {0: 7, 1: 2}}
    assert furthest(held, {TOPIC: {0: 3, 1: 4, 2: 5}}, {"other": {0: 1}}) == {
        TOPIC: {0: 7, 1: 4, 2: 5},
        "other": {0: 1},
    }


def test_a_checkpoint_ahead_of_the_ledger_refuses(spark, tmp_path):
    checkpoint = Checkpoint(spark, str(write_checkpoint(tmp_path / "c", [{0: 10}, {0: 20}])))
    assert checkpoint.committed() == {TOPIC: {0: 20}}
    for holder, older in (("the ledger", "the database"), ("bronze", "the lake")):
        check_not_ahead(checkpoint, {TOPIC: {0: 20}}, holder)
        with pytest.raises(JobError, match=rf"20 > 19.*{older} is.*control.py rewind --from-ledg"):
            check_not_ahead(checkpoint, {TOPIC: {0: 19}}, holder)


def test_a_planned_batch_that_was_not_committed_does_not_count(spark, tmp_path):
    folder = write_checkpoint(tmp_path / "c", [{0: 10}, {0: 20}], committed=False)
    check_not_ahead(Checkpoint(spark, str(folder)), {TOPIC: {0: 10}}, "bronze")


def test_a_torn_checkpoint_says_what_to_do(spark, tmp_path):
    folder = write_checkpoint(tmp_path / "c", [{0: 10}])
    (folder / "offsets" / "0").write_text("v1")
    with pytest.raises(JobError, match="torn or missing"):
        Checkpoint(spark, str(folder)).committed()


@pytest.mark.parametrize("name", ["offsets/0", "offsets/1", "commits/1"])
@pytest.mark.parametrize("left", [0, 2, 4, 9])
def test_a_file_that_was_cut_short_says_what_to_do(spark, tmp_path, name, left):
    folder = write_checkpoint(tmp_path / "c", [{0: 10}, {0: 20}])
    checkpoint = Checkpoint(spark, str(folder))
    checkpoint.check_whole()
    (folder / name).write_text((folder / name).read_text()[:left])
    with pytest.raises(JobError, match=f"{name} is torn.*control.py rewind --from-ledger"):
        checkpoint.check_whole()


def test_a_file_that_fails_its_checksum_says_what_to_do(spark, tmp_path):
    folder = write_checkpoint(tmp_path / "c", [{0: 10}])
    (folder / "commits" / ".0.crc").write_bytes(b"crc\x00\x00\x00\x02\x00\x01\x02\x03\x04")
    with pytest.raises(JobError, match="commits/0 is torn"):
        Checkpoint(spark, str(folder)).check_whole()


def test_offsets_survive_their_text():
    offsets = {TOPIC: {0: 5, 11: 7}}
    assert from_json(to_json(offsets)) == offsets


def test_only_what_the_ledger_lacks_is_pending():
    assert pending({TOPIC: {0: 5}}, {TOPIC: {0: 5, 1: 2}, "coincap.rates": {0: 0}}) == {TOPIC: 2}

"""The health command: one line, and an exit code that a supervisor understands."""

from harness import Driver, in_partitions, market, message

import health


def test_a_fresh_stream_is_healthy_and_a_late_one_is_not(spark, postgres, capsys):
    driver = Driver(spark, postgres.dsn)
    driver.serve.process(driver.frame([]), 0)
    assert health.main(["--postgres", postgres.dsn]) == 1
    assert "not finished a batch" in capsys.readouterr().out
    driver.process(in_partitions([message("markets", market())]), 1)
    driver.close()
    # The message was polled in 2024: far behind, unless the limit allows for it.
    assert health.main(["--postgres", postgres.dsn]) == 1
    assert "serve: last batch 0 s ago, behind by" in capsys.readouterr().out
    century = str(100 * 366 * 86400)
    assert health.main(["--postgres", postgres.dsn, "--max-behind-s", century]) == 0


def test_a_silent_stream_is_said_to_be():
    code, line = health.judge([("archive", 500.0, None), ("serve", 2.0, 3.0)], 120, 60)
    assert code == 1
    assert "archive: last batch 500 s ago" in line
    assert "silent 60 s" in line


def test_a_database_out_of_reach_is_one_line(capsys):
    assert health.main(["--postgres", "host=127.0.0.1 port=1 dbname=none"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: PostgreSQL is out of reach")
    assert error.count("\n") == 1

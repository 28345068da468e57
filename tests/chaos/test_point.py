"""A point is wrong where its fault cannot strike, or its job does not catch up in time."""

from types import SimpleNamespace

import pytest

from chaos import point
from chaos.check.verdict import Verdict
from chaos.registry import Fault


def outcome(drained: list[bool], strike=lambda _: None) -> point.Outcome:
    """Run a point over a deployment that drains or not, as listed, one wait after the other."""
    answers = iter(drained)
    deployment = SimpleNamespace(
        points=0, faults=[], spent=False, load=SimpleNamespace(poll=lambda _: None),
        wait_drained=lambda _: next(answers), behind=lambda: 3, check=Verdict,
    )  # fmt: skip
    return point.run_point(deployment, Fault("test", "", "", strike), 1, 1)


def test_a_job_that_catches_up_is_right():
    assert outcome([True, True]).verdict.holds


def test_a_job_that_does_not_catch_up_is_wrong():
    found = outcome([True, False]).verdict
    assert (found.wrong, "3 left" in found.named[0]) == (1, True)


def test_a_recovery_beyond_the_bound_is_wrong():
    def strike(struck):
        struck.lifted_at -= point.BOUND_S + 1

    assert outcome([True, True], strike).verdict.wrong == 1


def test_a_job_that_does_not_serve_is_not_struck():
    found = outcome([False], lambda _: pytest.fail("struck")).verdict
    assert "serves nothing before the strike" in found.named[0]


def test_a_fault_that_cannot_strike_is_wrong():
    def strike(struck):
        struck.wait_for("a strike", lambda: False, 0)

    assert "could not strike" in outcome([True], strike).verdict.named[0]

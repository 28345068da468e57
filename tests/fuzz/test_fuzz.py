"""The fuzzers' promises over the kept corpus, over generated bodies, and for a bounded while."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from targets import RECORDS, TARGETS  # noqa: E402 (found in this folder)

CORPUS = {name: sorted((HERE / "corpus" / name).iterdir()) for name in TARGETS}
RUNS = {"envelope": 20_000, "contract": 8_000, "number": 40_000}
"""Inputs per target in an ordinary test run: a few seconds each."""


def test_there_is_a_corpus_for_each_target():
    assert all(len(files) >= 5 for files in CORPUS.values())


@pytest.mark.parametrize("name", TARGETS)
def test_the_kept_corpus_holds(name):
    for path in CORPUS[name]:
        TARGETS[name](path.read_bytes())


NAMES = st.sampled_from(sorted({field.name for record in RECORDS for field in record.fields}))
NUMBERS = st.from_regex(r"\A[+-]?[0-9]{0,40}\.?[0-9]{0,40}([eE][+-]?[0-9]{1,4})?\Z")
TEXTS = st.text(max_size=30) | NUMBERS | st.sampled_from(["NaN", "Infinity", "\x00", "\ud800", ""])
VALUES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def bodies(draw) -> bytes:
    """A page of CoinCap with some of its fields replaced, and at times some of its bytes."""
    base = json.loads(draw(st.sampled_from(CORPUS["contract"])).read_bytes())
    rows = base["data"] if isinstance(base["data"], list) else [base["data"]]
    changes = st.dictionaries(NAMES | TEXTS, VALUES, max_size=4)
    base["data"] = [{**row, **draw(changes)} for row in rows if isinstance(row, dict)]
    body = json.dumps(base, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(st.binary(max_size=8)) + body[at + draw(st.integers(0, 8)) :]
    return body


@given(bodies())
@settings(max_examples=300, deadline=None)
def test_no_page_near_coincaps_breaks_a_promise(body):
    TARGETS["envelope"](body)
    TARGETS["contract"](body)


@given(NUMBERS | st.text(max_size=50))
@settings(max_examples=500, deadline=None)
def test_no_number_text_changes_its_value(text):
    TARGETS["number"](text.encode("utf-8", "replace"))


@pytest.mark.parametrize("name", TARGETS)
def test_coverage_guided_fuzzing_finds_nothing(name, tmp_path):
    done = subprocess.run(
        [sys.executable, HERE / "fuzz.py", name, f"-runs={RUNS[name]}", "-seed=1", "-max_len=4096"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"Done {RUNS[name]} runs" in done.stderr, done.stderr[-500:]


def test_a_broken_promise_ends_the_fuzzer_with_an_error(tmp_path):
    broken = (
        "import sys, runpy; sys.argv = sys.argv[1:]\n"
        "import coincap.check\n"
        "sys.path.insert(0, sys.argv[0].rpartition('/')[0])\n"
        "import targets\n"
        "def loses(record, rows, at): return coincap.check.Checked()\n"
        "targets.check_rows = loses\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", broken, HERE / "fuzz.py", "contract", "-runs=200"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(HERE.parents[1] / "functions")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "AssertionError" in done.stderr + done.stdout

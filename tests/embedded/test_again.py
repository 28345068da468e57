"""The stream of a kept stack is started again when it has failed, and only then."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embedded import again

PROGRAM = """
import sys
from pathlib import Path
notes = Path(sys.argv[1])
number = len(notes.read_text()) if notes.exists() else 0
notes.write_text("x" * (number + 1))
codes = [int(code) for code in sys.argv[2].split(",")]
sys.exit(codes[min(number, len(codes) - 1)])
"""


@pytest.mark.parametrize(
    ("codes", "starts", "ends_with"),
    [("0", 1, 0), ("2", 1, 2), ("1,1,0", 3, 0), ("1,2", 2, 2), ("1", 7, 1)],
)
def test_it_is_started_again_until_it_ends_for_good(
    codes, starts, ends_with, tmp_path, monkeypatch, capfd
):
    monkeypatch.setattr(again, "WAIT_S", 0)
    handler = signal.getsignal(signal.SIGTERM)
    notes = tmp_path / "starts"
    try:
        code = again.main([sys.executable, "-c", PROGRAM, str(notes), codes])
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert (code, len(notes.read_text())) == (ends_with, starts)
    assert capfd.readouterr().out.count("it is started again") == starts - 1


def test_asked_to_end_it_ends_the_program_and_starts_no_other(tmp_path):
    notes = tmp_path / "starts"
    program = f"open({str(notes)!r}, 'a').write('x'); import time; time.sleep(60)"
    process = subprocess.Popen(
        [sys.executable, Path(again.__file__), sys.executable, "-c", program]
    )
    while not notes.exists() or not notes.read_text():
        time.sleep(0.05)
    process.terminate()
    assert process.wait(30) == 128 + signal.SIGTERM
    assert notes.read_text() == "x"

"""The stream's container ends in order: TERM reaches the driver, which spark-submit hides."""

import os
import signal
import subprocess
import sys
import time

from stack_files import IMAGES

SUBMIT = """#!{python}
import subprocess, sys
sys.exit(subprocess.call([sys.executable, *sys.argv[sys.argv.index("JOB") + 1:]]))
"""
DRIVER = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write("batch done")
    sys.exit(int(sys.argv[2]))
signal.signal(signal.SIGTERM, end)
open(sys.argv[1], "w").write("up ")
time.sleep(60)
"""


def start(tmp_path, *arguments):
    """Run submit.py with a spark-submit that, as Spark's, runs the driver as its child."""
    program = tmp_path / "bin" / "spark-submit"
    program.parent.mkdir()
    program.write_text(SUBMIT.format(python=sys.executable))
    program.chmod(0o755)
    (tmp_path / "stream.py").write_text(DRIVER)
    return subprocess.Popen(
        [sys.executable, IMAGES / "spark" / "submit.py", "JOB", tmp_path / "stream.py", *arguments],
        env={**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"},
    )


def test_term_reaches_the_driver_and_its_exit_code_comes_back(tmp_path):
    notes = tmp_path / "notes"
    process = start(tmp_path, notes, "0")
    deadline = time.monotonic() + 30
    while not notes.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert notes.read_text() == "up batch done"


def test_compose_waits_for_a_batch_to_end(services):
    stream = services["stream"]
    assert stream["entrypoint"] == ["python", "/opt/coincap/submit.py"]
    assert int(stream["stop_grace_period"].removesuffix("s")) >= 60
    dockerfile = (IMAGES / "spark" / "Dockerfile").read_text("utf-8")
    assert "COPY local_stack/images/spark/submit.py /opt/coincap/submit.py" in dockerfile

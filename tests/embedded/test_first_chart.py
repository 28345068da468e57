"""What a run notes of its way to the first chart, in the form that the batch reads."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from embedded import __main__ as command
from embedded import first_chart, own_folder
from embedded.places import RunFolder

ROOT = Path(__file__).resolve().parents[2]
BEGAN = datetime(2026, 1, 2, 13, 4, 5, 678901, timezone(timedelta(hours=1)))


def test_a_note_has_the_fields_that_the_batch_and_the_mart_read(tmp_path):
    folder = RunFolder(tmp_path)
    file = first_chart.note(folder, BEGAN, 1, 147.4567)
    assert file == folder.lake / "state" / "first_charts" / "20260102T120405Z.json"
    record = json.loads(file.read_text("utf-8"))
    assert record == {"began_at": "2026-01-02T12:04:05Z", "commands": 1, "seconds": 147.5}
    batch = (ROOT / "dataproc_jobs/coincap_batch/measures.py").read_text("utf-8")
    (read,) = re.findall(r'schema\("(began_at .+)"\)\.json', batch)
    assert [part.split()[0] for part in read.split(", ")] == list(record)
    folder_read = (ROOT / "dataproc_jobs/coincap_batch/pipeline.py").read_text("utf-8")
    assert "/state/first_charts" in folder_read
    mart = (ROOT / "dbt/models/slo/slo_ease_of_use.sql").read_text("utf-8")
    assert all(name in mart for name in record)


def test_two_runs_are_two_notes(tmp_path):
    folder = RunFolder(tmp_path)
    first_chart.note(folder, BEGAN, 1, 10)
    first_chart.note(folder, BEGAN + timedelta(minutes=5), 1, 20)
    assert len(first_chart.earlier(folder)) == 2


def test_a_run_that_empties_its_folder_keeps_the_notes_of_earlier_ones(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)
    own_folder.mark(folder)
    first_chart.note(folder, datetime(2026, 1, 1, tzinfo=UTC), 1, 200)
    (folder.lake / "bronze").mkdir()
    before = first_chart.earlier(folder)

    def end(_demo):
        raise KeyboardInterrupt

    monkeypatch.setattr("embedded.flow.Demo.run", end)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert command.main.main(["--data-dir", str(tmp_path)]) == 130
    assert not (folder.lake / "bronze").exists()
    assert first_chart.earlier(folder) == before

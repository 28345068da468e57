"""The commands on Dataproc, against a server that speaks its API."""

import json

import grpc
import pytest
from dataproc_api import DataprocApi, State
from google.cloud import dataproc_v1 as dataproc

import control
from coincap_control import api, gcp
from coincap_jobs.errors import JobError

ARGUMENTS = [
    "--bootstrap", "kafka:9092", "--postgres", "host=10.0.0.2 user=stream#iam",
    "--lake", "gs://lake", "--checkpoint", "gs://scratch/checkpoints/stream",
]  # fmt: skip
TERRAFORMS = dataproc.Job(
    reference={"project_id": "p", "job_id": "terraforms-job"},
    placement={"cluster_name": "coincap-stream"},
    labels={"component": "stream", "goog-terraform-provisioned": "true"},
    pyspark_job={
        "main_python_file_uri": "gs://code/jobs/abc/stream.py",
        "python_file_uris": ["gs://code/jobs/abc/packages.zip"],
        "args": ARGUMENTS,
        "properties": {"spark.submit.deployMode": "client", "spark.executor.cores": "2"},
    },
    scheduling={"max_failures_per_hour": 6, "max_failures_total": 240},
)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(gcp.Gcp, "poll_s", 0.01)
    server = DataprocApi()
    yield server
    server.stop()


@pytest.fixture
def terraformed(server):
    """The stream runs as Terraform submitted it; a migration has run before."""
    migrate = dataproc.Job(TERRAFORMS)
    migrate.reference.job_id, migrate.labels = "migrate", {"component": "migrate"}
    for job in (migrate, TERRAFORMS):
        server.submit(dataproc.SubmitJobRequest(job=job, request_id=job.reference.job_id), None)
    server.move("migrate", State.DONE)
    return server


@pytest.fixture
def run(server, capsys):
    """Run a command; return its exit code and its one or more lines."""

    def run(*words, project="p"):
        code = control.main(
            ["--target", "gcp", "--project", project, "--region", "r",
             "--endpoint", server.endpoint, *words]
        )  # fmt: skip
        printed = capsys.readouterr()
        assert not (printed.out and printed.err)
        return code, (printed.out or printed.err).strip()

    return run


def newest(server):
    return list(server.jobs.values())[-1]


def test_status_finds_the_stream_by_its_label(terraformed, run):
    assert run("status") == (0, "job terraforms-job is RUNNING since 2026-01-02 00:00:04Z")
    terraformed.move("terraforms-job", State.ERROR, "Task was not\nacquired")
    code, line = run("status")
    assert (code, line.startswith("job terraforms-job is ERROR")) == (1, True)
    assert line.endswith(": Task was not acquired")


def test_status_of_a_cluster_without_a_stream(run):
    assert run("status") == (1, "cluster coincap-stream has had no stream job")


def test_submit_copies_the_newest_job_with_all_that_terraform_set(terraformed, run):
    terraformed.move("terraforms-job", State.CANCELLED)
    code, line = run("submit")
    job = newest(terraformed)
    assert (code, line) == (0, f"job {job.reference.job_id} is submitted to coincap-stream")
    assert job.pyspark_job == TERRAFORMS.pyspark_job
    assert job.scheduling == TERRAFORMS.scheduling
    assert dict(job.labels) == {"component": "stream"}
    assert run("status")[0] == 0


def test_submit_takes_other_arguments(terraformed, run):
    terraformed.move("terraforms-job", State.DONE)
    assert run("submit", "--", *ARGUMENTS, "--serve-ms", "500")[0] == 0
    assert list(newest(terraformed).pyspark_job.args) == [*ARGUMENTS, "--serve-ms", "500"]


def test_submit_refuses_a_second_stream(terraformed, run):
    code, line = run("submit")
    assert code == 2
    assert line.startswith("error: job terraforms-job is RUNNING")
    assert line.endswith("stop or restart it")
    assert len(terraformed.jobs) == 2


def test_submit_takes_a_description_where_no_job_was(server, run, tmp_path):
    code, line = run("submit")
    assert (code, "submit --job FILE" in line) == (2, True)
    file = tmp_path / "job.json"
    file.write_text(dataproc.Job.to_json(TERRAFORMS) or "")
    assert run("submit", "--job", str(file))[0] == 0
    assert newest(server).pyspark_job == TERRAFORMS.pyspark_job
    file.write_text("{")
    newest(server).status.state = State.DONE
    code, line = run("submit", "--job", str(file))
    assert (code, "gcloud dataproc jobs describe ID --format json" in line) == (2, True)


def test_a_description_as_gcloud_writes_it(tmp_path):
    file = tmp_path / "job.json"
    file.write_text(json.dumps({
        "driverOutputResourceUri": "gs://x", "jobUuid": "1", "done": True,
        "pysparkJob": {"args": ["--lake", "gs://l"], "mainPythonFileUri": "gs://c/stream.py"},
        "scheduling": {"maxFailuresPerHour": 6}, "unheardOf": {"a": 1},
    }))  # fmt: skip
    job = gcp._described(file)
    assert list(job.pyspark_job.args) == ["--lake", "gs://l"]
    assert job.scheduling.max_failures_per_hour == 6
    file.write_text('{"sparkJob": {}}')
    with pytest.raises(JobError, match="describes no PySpark job"):
        gcp._described(file)


def test_stop_cancels_and_waits(terraformed, run):
    assert run("stop") == (0, "job terraforms-job is stopped")
    assert terraformed.jobs["terraforms-job"].status.state == State.CANCELLED
    assert run("stop") == (0, "no stream runs")


def test_a_job_that_does_not_end_is_said_to_run_on(terraformed, run, monkeypatch):
    monkeypatch.setattr(terraformed, "cancel", lambda request, _: terraformed.jobs[request.job_id])
    code, line = run("stop", "--patience-s", "0.05")
    assert code == 2
    assert line == "error: job terraforms-job has not ended after 0 s; wait and try again"


def test_wait_tells_how_the_job_ended(terraformed, run):
    terraformed.ends["stream"] = (State.ERROR, "exit code 2")
    code, line = run("wait")
    assert (code, "ERROR" in line, "exit code 2" in line) == (1, True, True)
    assert run("wait")[0] == 1


def test_restart_sets_back_between_stop_and_submit(terraformed, run):
    code, lines = run("restart", "--from-offsets", "coincap.markets:0=1500,coincap.markets:1=7")
    assert code == 0
    rewind, stream = list(terraformed.jobs.values())[-2:]
    assert rewind.pyspark_job.main_python_file_uri == "gs://code/jobs/abc/rewind.py"
    assert list(rewind.pyspark_job.python_file_uris) == ["gs://code/jobs/abc/packages.zip"]
    assert list(rewind.pyspark_job.args) == [
        "--postgres", "host=10.0.0.2 user=stream#iam",
        "--checkpoint", "gs://scratch/checkpoints/stream",
        "--from-offsets", "coincap.markets:0=1500,coincap.markets:1=7",
    ]  # fmt: skip
    assert rewind.status.state == State.DONE
    assert stream.pyspark_job == TERRAFORMS.pyspark_job
    assert [line.split()[-1] for line in lines.splitlines()] == [
        "stopped", "coincap.markets:0=1500,coincap.markets:1=7", "coincap-stream",
    ]  # fmt: skip


def test_a_refused_rewind_leaves_the_stream_stopped(terraformed, run):
    terraformed.ends["rewind"] = (State.ERROR, "Job failed with exit code 2")
    code = control.main(["--target", "gcp", "--project", "p", "--region", "r", "--endpoint",
                         terraformed.endpoint, "restart", "--from-ledger"])  # fmt: skip
    assert code == 2
    assert newest(terraformed).labels["component"] == "rewind"


def test_rewind_wants_the_stream_stopped(terraformed, run):
    code, line = run("rewind", "--from-ledger")
    assert (code, line.endswith("stop it first: control.py stop")) == (2, True)
    assert len(terraformed.jobs) == 2


NOT_FOUND, DENIED = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED
ERRORS = {
    (NOT_FOUND, "Not found: Cluster projects/p/regions/r"):
        "Dataproc does not know it: Not found: Cluster projects/p/regions/r; check --project p, "
        "--region r and --cluster coincap-stream",
    (DENIED, "Permission 'dataproc.jobs.list' denied\non resource"):
        "Dataproc refuses: Permission 'dataproc.jobs.list' denied on resource; you need "
        "roles/dataproc.editor in p",
    (grpc.StatusCode.UNAUTHENTICATED, "Request had invalid credentials."):
        "not logged in: Request had invalid credentials; run gcloud auth application-default login",
    (grpc.StatusCode.FAILED_PRECONDITION, "Cluster is STOPPED"):
        "Dataproc cannot do it now: Cluster is STOPPED; look at the cluster: gcloud dataproc "
        "clusters describe coincap-stream --project p --region r",
}  # fmt: skip


@pytest.mark.parametrize("fault", ERRORS)
def test_an_error_of_the_api_is_one_line_with_the_way_out(server, run, fault):
    server.faults.append(fault)
    assert run("status") == (2, f"error: {ERRORS[fault]}")


def test_an_api_that_is_unavailable_is_asked_again(terraformed, run):
    terraformed.faults += [(grpc.StatusCode.UNAVAILABLE, "try later")] * 2
    assert run("status")[0] == 0
    assert terraformed.calls == ["ListJobs"] * 3


def test_a_submit_that_is_repeated_is_one_job(terraformed, run, monkeypatch):
    terraformed.move("terraforms-job", State.DONE)
    submit = terraformed.submit

    def lost_answer(request, context):
        submit(request, context)
        monkeypatch.setattr(terraformed, "submit", submit)
        context.abort(grpc.StatusCode.UNAVAILABLE, "connection reset")

    monkeypatch.setattr(terraformed, "submit", lost_answer)
    assert run("submit")[0] == 0
    assert len(terraformed.jobs) == 3


def test_an_api_that_stays_away_is_given_up(server, run, monkeypatch):
    monkeypatch.setattr(gcp, "RETRY", api.RETRY.with_timeout(0.2))
    server.faults += [(grpc.StatusCode.UNAVAILABLE, "down")] * 50
    code, line = run("status")
    assert code == 2
    assert line.startswith("error: Dataproc has not answered for 60 s: ")
    assert "\n" not in line


def test_project_and_region_are_needed(capsys, monkeypatch):
    for name in ("COINCAP_PROJECT", "COINCAP_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert control.main(["--target", "gcp", "status"]) == 2
    assert capsys.readouterr().err == "error: --target gcp needs --project and --region\n"


@pytest.mark.parametrize("text", ["coincap.markets=5", "coincap.markets:0=-1", "a:0=1,a:0=2", ""])
def test_offsets_of_another_form_are_refused(capsys, text):
    with pytest.raises(SystemExit, match="2"):
        control.main(["--target", "local", "rewind", "--from-offsets", text])
    assert "argument --from-offsets" in capsys.readouterr().err

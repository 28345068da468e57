"""The stream as a job of a Dataproc cluster, found by its label ``component = stream``.

https://cloud.google.com/dataproc/docs/reference/rpc/google.cloud.dataproc.v1
"""

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from google.cloud import dataproc_v1 as dataproc
from google.protobuf.json_format import ParseError

from coincap_control.api import RETRY, controller, explained
from coincap_control.target import State, rewind_arguments
from coincap_jobs.errors import JobError

_COMPONENT = "component"
_ENDED = ("DONE", "ERROR", "CANCELLED")
_POLL_S = 2
_REWIND_S = 600


@dataclass
class Gcp:
    """A stream on Dataproc; ``endpoint`` is a stand-in for the API, without TLS."""

    project: str
    region: str
    cluster: str
    endpoint: str | None = None
    poll_s: float = _POLL_S

    def __post_init__(self):
        with explained(self.project, self.region, self.cluster):
            self._jobs = controller(self.region, self.endpoint)

    def submit(self, arguments: list[str], job: Path | None = None) -> str:
        """Submit a copy of the newest stream job, or of a description's, with these arguments.

        Raises JobError where one runs, or there is nothing to copy.
        """
        if running := self._newest(active=True):
            raise JobError(f"{_said(running)}; stop or restart it")
        model = _described(job) if job else self._model()
        pyspark = dataproc.PySparkJob(model.pyspark_job)
        pyspark.args = arguments or list(pyspark.args)
        submitted = self._submit("stream", pyspark, model.scheduling)
        return f"job {submitted.reference.job_id} is submitted to {self.cluster}"

    def status(self) -> State:
        """Say whether a stream job runs, else how the newest ended."""
        job = self._newest(active=True) or self._newest(active=False)
        if job is None:
            return State(f"cluster {self.cluster} has had no stream job", 1)
        return State(_said(job), int(job.status.state.name != "RUNNING"))

    def stop(self, patience_s: float) -> str:
        """Cancel the running job and wait until it has ended.

        Safe at any moment: an unfinished batch is a transaction that never was.
        """
        job = self._newest(active=True)
        if job is None:
            return "no stream runs"
        name = job.reference.job_id
        with self._explained():
            self._jobs.cancel_job(request=self._place(job_id=name), retry=RETRY)
        if self._await_end(name, patience_s).status.state.name not in _ENDED:
            raise JobError(f"job {name} has not ended after {patience_s:.0f} s; wait and try again")
        return f"job {name} is stopped"

    def wait(self, patience_s: float) -> State:
        """Wait until the running job has ended; code 1 unless it ended as asked."""
        job = self._newest(active=True)
        if job is None:
            return State(self.status().line, 1)
        job = self._await_end(job.reference.job_id, patience_s or float("inf"))
        return State(_said(job), int(job.status.state.name not in ("DONE", "CANCELLED")))

    def rewind(self, choice: list[str]) -> str:
        """Run rewind.py as a job, because only the cluster reaches the database."""
        if running := self._newest(active=True):
            raise JobError(f"{_said(running)}; stop it first: control.py stop")
        model = self._model().pyspark_job
        folder = model.main_python_file_uri.rpartition("/")[0]
        pyspark = dataproc.PySparkJob(
            main_python_file_uri=f"{folder}/rewind.py",
            python_file_uris=model.python_file_uris,
            args=rewind_arguments(list(model.args), choice),
            properties={"spark.submit.deployMode": "client"},
        )
        name = self._submit("rewind", pyspark).reference.job_id
        job = self._await_end(name, _REWIND_S)
        if job.status.state.name != "DONE":
            raise JobError(
                f"{_said(job)}; what it said: gcloud dataproc jobs wait {name} "
                f"--project {self.project} --region {self.region}"
            )
        return f"job {name} has set the stream back: {' '.join(choice)}"

    def _submit(self, component: str, pyspark, scheduling=None) -> dataproc.Job:
        name = f"{component}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:4]}"
        job = dataproc.Job(
            reference={"project_id": self.project, "job_id": name},
            placement={"cluster_name": self.cluster},
            pyspark_job=pyspark,
            labels={_COMPONENT: component},
            scheduling=scheduling,
        )
        # The request's id makes a repeated request the same job.
        with self._explained():
            request = self._place(job=job, request_id=name)
            return self._jobs.submit_job(request=request, retry=RETRY)

    def _model(self) -> dataproc.Job:
        job = self._newest(active=False)
        if job is None:
            raise JobError(
                f"cluster {self.cluster} has had no stream job to copy; submit the first by "
                "terraform apply, or give one with submit --job FILE -- ARGUMENTS"
            )
        return job

    def _newest(self, active: bool) -> dataproc.Job | None:
        # The API ignores job_state_matcher beside a filter, so the state stands in the filter.
        terms = ["status.state = ACTIVE"] if active else []
        terms.append(f"labels.{_COMPONENT} = stream")
        request = self._place(cluster_name=self.cluster, filter=" AND ".join(terms))
        with self._explained():
            jobs = list(self._jobs.list_jobs(request=request, retry=RETRY))
        return max(jobs, key=_since, default=None)

    def _await_end(self, name: str, patience_s: float) -> dataproc.Job:
        deadline = time.monotonic() + patience_s
        while True:
            with self._explained():
                job = self._jobs.get_job(request=self._place(job_id=name), retry=RETRY)
            if job.status.state.name in _ENDED or time.monotonic() >= deadline:
                return job
            time.sleep(self.poll_s)

    def _place(self, **more) -> dict:
        return {"project_id": self.project, "region": self.region, **more}

    def _explained(self):
        return explained(self.project, self.region, self.cluster)


def _since(job: dataproc.Job) -> datetime:
    """Return when a job was submitted: the start of its first state."""
    first = job.status_history[0] if job.status_history else job.status
    return first.state_start_time


def _said(job: dataproc.Job) -> str:
    status = job.status
    details = f": {' '.join(status.details.split())[:300]}" if status.details else ""
    since = f"{status.state_start_time:%Y-%m-%d %H:%M:%SZ}"
    return f"job {job.reference.job_id} is {status.state.name} since {since}{details}"


def _described(file: Path) -> dataproc.Job:
    try:
        job = dataproc.Job.from_json(file.read_text("utf-8"), ignore_unknown_fields=True)
    except (OSError, UnicodeDecodeError, ParseError) as error:
        first = str(error).splitlines()[0]
        raise JobError(
            f"{file} is no job's description ({first}); write one with "
            "gcloud dataproc jobs describe ID --format json"
        ) from None
    if not job.pyspark_job.main_python_file_uri:
        raise JobError(f"{file} describes no PySpark job; describe the stream's")
    return job

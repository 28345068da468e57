"""A gRPC server that speaks Dataproc's JobController, on the library's own message types."""

from concurrent import futures
from datetime import UTC, datetime, timedelta

import grpc
from google.cloud import dataproc_v1 as dataproc
from google.protobuf.empty_pb2 import Empty

State = dataproc.JobStatus.State
SERVICE = "google.cloud.dataproc.v1.JobController"
_ACTIVE = (State.PENDING, State.SETUP_DONE, State.RUNNING, State.CANCEL_PENDING)


class DataprocApi(grpc.GenericRpcHandler):
    """Keeps jobs; a submitted one runs at once, a cancelled one ends at the second look.

    ``faults`` are (status code, message) of the next calls; ``calls`` the names of all.
    ``ends`` says how jobs of a component end by themselves: (state, details).
    """

    def __init__(self):
        self.jobs: dict[str, dataproc.Job] = {}
        self.faults, self.calls, self.request_ids = [], [], set()
        self.ends = {"rewind": (State.DONE, "")}
        self._clock = datetime(2026, 1, 2, tzinfo=UTC)
        self._server = grpc.server(futures.ThreadPoolExecutor(2))
        self._server.add_generic_rpc_handlers((self,))
        self.endpoint = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def stop(self):
        self._server.stop(0).wait()

    def service(self, details):
        service, _, name = details.method.strip("/").rpartition("/")
        assert service == SERVICE
        types = {
            "SubmitJob": (dataproc.SubmitJobRequest, self.submit),
            "GetJob": (dataproc.GetJobRequest, self.get),
            "ListJobs": (dataproc.ListJobsRequest, self.list),
            "CancelJob": (dataproc.CancelJobRequest, self.cancel),
        }
        request_type, behaviour = types[name]

        def answer(request, context):
            self.calls.append(name)
            if self.faults:
                context.abort(*self.faults.pop(0))
            return behaviour(request, context)

        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=request_type.deserialize,
            response_serializer=lambda m: type(m).serialize(m) if not isinstance(m, Empty) else b"",
        )

    def submit(self, request, _context):
        name = request.job.reference.job_id
        if request.request_id not in self.request_ids:
            self.request_ids.add(request.request_id)
            self.jobs[name] = dataproc.Job(request.job)
            self.move(name, State.PENDING)
            self.move(name, State.RUNNING)
        return self.jobs[name]

    def get(self, request, context):
        job = self.jobs.get(request.job_id)
        if job is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Not found: Job {request.job_id}")
        if job.status.state == State.CANCEL_PENDING:
            self.move(request.job_id, State.CANCELLED)
        elif end := self.ends.get(job.labels["component"]):
            self.move(request.job_id, *end)
        return job

    def list(self, request, _context):
        # As documented: with a filter, job_state_matcher is ignored.
        terms = dict(term.split(" = ") for term in request.filter.split(" AND "))
        active = terms.pop("status.state", None) == "ACTIVE"
        found = [
            job
            for job in self.jobs.values()
            if all(job.labels.get(k.removeprefix("labels.")) == v for k, v in terms.items())
            and job.placement.cluster_name == request.cluster_name
            and (job.status.state in _ACTIVE or not active)
        ]
        # Two to a page, so that a reader must ask for the next one.
        start = int(request.page_token or 0)
        more = {"next_page_token": str(start + 2)} if len(found) > start + 2 else {}
        return dataproc.ListJobsResponse(jobs=found[start : start + 2], **more)

    def cancel(self, request, context):
        job = self.jobs.get(request.job_id)
        if job is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Not found: Job {request.job_id}")
        self.move(request.job_id, State.CANCEL_PENDING)
        return job

    def move(self, name, state, details=""):
        job = self.jobs[name]
        self._clock += timedelta(seconds=1)
        if job.status.state:
            job.status_history.append(job.status)
        job.status = dataproc.JobStatus(state=state, details=details, state_start_time=self._clock)

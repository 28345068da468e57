"""The Dataproc API: its client, and its errors as one line with the way out."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud import dataproc_v1 as dataproc
from google.cloud.dataproc_v1.services.job_controller.transports import JobControllerGrpcTransport

from coincap_jobs.errors import JobError

_PATIENCE_S = 60
RETRY = Retry(
    predicate=if_exception_type(exceptions.ServiceUnavailable),
    initial=0.5,
    multiplier=2,
    timeout=_PATIENCE_S,
)
"""Every call here may be repeated: reads, cancellations, and submits with a request id."""


def controller(region: str, endpoint: str | None) -> dataproc.JobControllerClient:
    """Return the client of a region, or of a stand-in at ``endpoint``, without TLS."""
    if endpoint:
        transport = JobControllerGrpcTransport(channel=grpc.insecure_channel(endpoint))
        return dataproc.JobControllerClient(transport=transport)
    address = f"{region}-dataproc.googleapis.com:443"
    return dataproc.JobControllerClient(client_options={"api_endpoint": address})


@contextmanager
def explained(project: str, region: str, cluster: str) -> Iterator[None]:
    """Turn the API's errors into JobErrors of one line."""
    try:
        yield
    except exceptions.NotFound as error:
        raise JobError(
            f"Dataproc does not know it: {_line(error)}; check --project {project}, "
            f"--region {region} and --cluster {cluster}"
        ) from None
    except exceptions.PermissionDenied as error:
        raise JobError(
            f"Dataproc refuses: {_line(error)}; you need roles/dataproc.editor in {project}"
        ) from None
    except (exceptions.Unauthenticated, GoogleAuthError) as error:
        raise JobError(
            f"not logged in: {_line(error)}; run gcloud auth application-default login"
        ) from None
    except (exceptions.RetryError, exceptions.ServiceUnavailable) as error:
        raise JobError(
            f"Dataproc has not answered for {_PATIENCE_S} s: {_line(error)}; try again, a "
            "repeated command does nothing twice"
        ) from None
    except exceptions.FailedPrecondition as error:
        raise JobError(
            f"Dataproc cannot do it now: {_line(error)}; look at the cluster: gcloud dataproc "
            f"clusters describe {cluster} --project {project} --region {region}"
        ) from None
    except exceptions.GoogleAPICallError as error:
        raise JobError(f"Dataproc answers {error.code}: {_line(error)}") from None


def _line(error: Exception) -> str:
    text = getattr(error, "message", None) or str(error)
    return " ".join(text.split())[:300].rstrip(".")

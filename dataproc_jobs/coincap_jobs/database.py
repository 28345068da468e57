"""Connections to PostgreSQL, each with time-outs, in UTC."""

import json
import urllib.request

import psycopg

from coincap_jobs.errors import out_of_reach

_IAM_TOKEN = (
    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
)
_OPTIONS = " ".join(
    f"-c {setting}"
    for setting in (
        "timezone=UTC",
        "statement_timeout=300000",
        "lock_timeout=30000",
        "idle_in_transaction_session_timeout=120000",
        "search_path=market,pg_catalog",
        # A driver whose machine died must not hold the lock for the server's default of 2 hours.
        "tcp_keepalives_idle=10",
        "tcp_keepalives_interval=5",
        "tcp_keepalives_count=3",
        "tcp_user_timeout=30000",
    )
)
_BECOME_WRITER = """
select set_config('role', rolname, false) from pg_roles
where rolname = 'market_writer' and pg_has_role(rolname, 'SET')
"""


def connect(dsn: str, application: str, *, autocommit: bool = False) -> psycopg.Connection:
    """Return a connection: 10 s to connect, 5 min a statement, TCP keep-alive.

    A DSN that ends in ``#iam`` logs in with the service account's access token as password
    (Cloud SQL IAM database users), so that no password exists anywhere.
    Raises psycopg.OperationalError where the server cannot be reached.
    """
    extra = {"password": _access_token()} if dsn.endswith("#iam") else {}
    return psycopg.connect(
        dsn.removesuffix("#iam"),
        application_name=application,
        autocommit=autocommit,
        connect_timeout=10,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        options=_OPTIONS,
        **extra,
    )


def as_writer(connection: psycopg.Connection) -> psycopg.Connection:
    """Let a new connection go on as market_writer, which can change rows but no table.

    Guards against our own mistakes and against statements slipped in, for the login itself may
    be the owner. Where the login may not take that role, the connection stays as it is.
    """
    connection.execute(_BECOME_WRITER)
    if not connection.autocommit:
        connection.commit()
    return connection


def reach(dsn: str, application: str) -> psycopg.Connection:
    """Return a connection as ``connect`` does, for a driver; raises JobError where it cannot."""
    try:
        return connect(dsn, application)
    except psycopg.OperationalError as error:
        raise out_of_reach(error) from None


def _access_token() -> str:
    request = urllib.request.Request(_IAM_TOKEN, headers={"Metadata-Flavor": "Google"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["access_token"]

"""Plain SQL migrations, applied in order and recorded with their checksums.

Written here and not taken from a library because each file must reach the server whole
(functions in dollar quotes), in one transaction with its record, over an IAM login.
"""

import hashlib
from pathlib import Path

import psycopg

from coincap.trust import seed
from coincap_jobs.database import reach
from coincap_jobs.errors import JobError

_RECORD = """
create schema if not exists market;
create table if not exists market.migrations (
    name text primary key,
    sha_256 text not null,
    applied_at timestamptz not null default now()
)
"""
_LOCK = 0x636F696E6D696772
_MAKE_ROLES = """
do $$
declare
    login text := current_user;
    maker text := (
        select rolname from pg_roles
        where rolcreaterole and not rolsuper and pg_has_role(oid, 'SET') limit 1
    );
    name text;
begin
    if maker is null or (select rolcreaterole or rolsuper from pg_roles where rolname = login) then
        return;
    end if;
    execute format('set local role %I', maker);
    foreach name in array array['market_owner', 'market_writer', 'market_reader'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I nologin', name);
            execute format('grant %I to %I with admin true', name, login);
        end if;
    end loop;
    execute format('set local role %I', login);
end $$
"""
"""The first migration's roles, for a login that may make roles only as a member of another one,
because PostgreSQL inherits no attribute: an IAM user of Cloud SQL as one of cloudsqlsuperuser."""


def migrate(dsn: str, folder: Path) -> list[str]:
    """Apply the files of ``folder`` that are not recorded yet; return all names, in order.

    Raises JobError where the server is out of reach, a file fails (nothing of it stays) or an
    applied file was changed afterwards.
    """
    files = sorted(folder.glob("[0-9]*.sql"))
    if not files:
        raise JobError(f"no migration found in {folder}; give the folder with --migrations")
    with reach(dsn, "coincap-migrate") as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute(_MAKE_ROLES)
        connection.execute(_RECORD)
        recorded = dict(connection.execute("select name, sha_256 from market.migrations"))
        for file in files:
            _apply(connection, file, recorded.get(file.stem))
        _load_fees(connection)
    return [file.stem for file in files]


def _apply(connection: psycopg.Connection, file: Path, recorded: str | None) -> None:
    text = file.read_text("utf-8")
    checksum = hashlib.sha256(text.encode()).hexdigest()
    if recorded == checksum:
        return
    if recorded:
        raise JobError(
            f"migration {file.stem} was changed after it was applied; restore the file and "
            "write a new migration"
        )
    try:
        connection.execute(text.encode())
    except psycopg.Error as error:
        raise JobError(f"migration {file.stem} failed: {str(error).splitlines()[0]}") from error
    connection.execute(
        "insert into market.migrations (name, sha_256) values (%s, %s)", [file.stem, checksum]
    )


def _load_fees(connection: psycopg.Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from market.exchange_fees")
        cursor.executemany(
            "insert into market.exchange_fees values (%s, %s)",
            [(row["exchange_id"], row["taker_fee_bps"]) for row in seed("exchange_fees")],
        )

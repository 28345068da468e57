"""Errors that a user can cause; each message is one line with the way out."""


class JobError(Exception):
    """A condition that the operator must resolve; drivers print it and exit with 2."""


def first_line(error: Exception) -> str:
    """Return what an error says, without the lines of detail below it."""
    return str(error).strip().splitlines()[0]


def out_of_reach(error: Exception) -> JobError:
    """Return the error of a database that cannot be reached, to raise or to print."""
    return JobError(f"PostgreSQL is out of reach: {first_line(error)}; check --postgres")

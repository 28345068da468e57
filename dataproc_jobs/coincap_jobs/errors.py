"""Errors that a user can cause; each message is one line with the way out."""


class JobError(Exception):
    """A condition that the operator must resolve; drivers print it and exit with 2."""

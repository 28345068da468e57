"""Errors that a user can cause; each message is one line with the way out."""


class StackError(Exception):
    """What stops the run; the command prints it and exits with 2."""

"""The exceptions that end a command with one line instead of a traceback."""


class InputError(Exception):
    """The input is wrong: one line that names the file and says what to do.

    The ``ds_*`` commands print it on stderr and exit with status 2; nothing has been written then.
    """


class RunError(Exception):
    """The run cannot go on although the input is right, as when a process was killed; exit status 1."""


class Terminated(BaseException):
    """The process was asked to end (SIGTERM); what was begun is cleaned up on the way out."""

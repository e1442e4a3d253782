"""The one exception a user's input can raise."""


class InputError(Exception):
    """The input is wrong: one line that names the file and says what to do.

    The ``ds_*`` commands print it on stderr and exit with status 2; nothing has been written then.
    """

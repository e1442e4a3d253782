"""What is said of a file that the system does not let us read."""

from pathlib import Path

from ..errors import InputError


def unreadable(path: Path, error: OSError) -> InputError:
    """The line that ends a command where a file cannot be opened or read.

    Args:
        path: the file.
        error: what the system said.
    """
    match error:
        case FileNotFoundError():
            return InputError(f"{path} is missing; put it back, or correct its name")
        case PermissionError():
            return InputError(f"{path} may not be read by you; change its permissions")
        case IsADirectoryError():
            return InputError(f"{path} is a folder; give a file")
    return InputError(f"{path} cannot be read ({error.strerror or error}); copy it again")

"""What one run at a time writes: a file or a folder that other runs leave alone meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .atomic import clear_temporaries, hidden_beside, put_in_place, remove, require_writable, writing
from .lock import locked


def lock_of(output: Path) -> Path:
    """The lock of a file or folder, which lies beside it."""
    return output.with_name(f".{output.name}.lock")


@contextmanager
def only_run_for(output: Path) -> Iterator[None]:
    """Keep other runs from writing the file or folder ``output``, and clear what killed runs left of it.

    Raises:
        InputError: another run is writing it, or it cannot be written.
    """
    output = output.absolute()
    require_writable(output.parent)
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
    with locked(lock_of(output), output):
        clear_temporaries(output.parent, {output.name})
        yield


@contextmanager
def replaced_folder(output: Path) -> Iterator[Path]:
    """Give a hidden folder to fill, which takes the place of ``output`` if the block ends without error.

    If ``output`` is a link, it stays one, and the folder to which it leads is replaced.

    Raises:
        InputError: another run is writing ``output``, or it cannot be written.
    """
    output = output.resolve() if output.is_symlink() else output.absolute()
    with only_run_for(output):
        new = output.with_name(f"{output.name}.new")
        clear_temporaries(output.parent, {new.name})
        growing = hidden_beside(new)
        try:
            with writing(output):
                growing.mkdir()
            yield growing
            with writing(output):
                put_in_place(growing, output)
        finally:
            remove(growing)

"""Files whose names are there and whose content is not: links to nowhere, pointers of tools that fetch files."""

from pathlib import Path

from ..errors import InputError

_POINTERS = {
    b"version https://git-lfs": "it is a pointer of Git LFS; fetch it with git lfs pull",
    b"/annex/objects/": "it is a pointer of git-annex; fetch it with git annex get",
}
"""How a file begins that stands for another one."""


def is_there(path: Path) -> bool:
    """Whether there is a file, links followed.

    Raises:
        InputError: there is a link instead that leads nowhere.
    """
    if path.is_file():
        return True
    if path.is_symlink() and not exists(path):
        raise dead_link(path)
    return False


def exists(path: Path) -> bool:
    """Whether there is a file or folder, links followed."""
    try:
        return path.exists()
    except OSError:  # links in a circle
        return False


def dead_link(path: Path) -> InputError:
    """What to say of a link that leads nowhere."""
    return InputError(
        f"{path} is a link to {path.readlink()}, which is not there; fetch it (with git-annex or DataLad: get), or "
        f"remove the link"
    )


def pointer(start: bytes) -> str | None:
    """What to say of a file that begins with ``start`` where it stands for one that was not fetched; None elsewhere."""
    return next((said for mark, said in _POINTERS.items() if start.startswith(mark)), None)

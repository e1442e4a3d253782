"""The kept runs: visit logs and predictions of trainings, in one archive, unpacked when they are needed.

``evidence/logs.zip`` holds a folder for each run, ``evidence/logs.sha256`` the SHA-256 of each of its files. Runs are
unpacked to ``evidence/logs/``, which Git ignores, and every file is checked.

    from scripts.evidence.logs import run_folder
    log = read_visit_log(run_folder("given_seed0") / "visits.gz")
"""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.atomic import atomic_path, write_text

from .rows import EVIDENCE

ARCHIVE = EVIDENCE / "logs.zip"
HASHES = EVIDENCE / "logs.sha256"
UNPACKED = EVIDENCE / "logs"

_DATE = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive


def run_names() -> list[str]:
    """Names of the kept runs, sorted."""
    return sorted({name.partition("/")[0] for name in _hashes()})


def run_folder(name: str) -> Path:
    """Folder of a kept run, unpacked; files that are there already, and right, stay.

    Raises:
        InputError: there is no such run, or a file of the archive is not what it was.
    """
    wanted = {member: digest for member, digest in _hashes().items() if member.startswith(f"{name}/")}
    if not wanted:
        raise InputError(f"{ARCHIVE} has no run '{name}'; it has {', '.join(run_names())}")
    lacking = [member for member, digest in wanted.items() if not _is_right(UNPACKED / member, digest)]
    if lacking:
        with zipfile.ZipFile(ARCHIVE) as archive:
            for member in lacking:
                _unpack(archive, member, wanted[member])
    return UNPACKED / name


def add_run(folder: Path, name: str) -> None:
    """Add a run to the archive, or replace it: the visit logs and predictions that a fold folder holds.

    Raises:
        InputError: the folder has no visit log.
    """
    if not (folder / "visits.gz").is_file():
        raise InputError(f"{folder} has no visits.gz; give the fold folder that scoring_run left")
    folders = {one: run_folder(one) for one in run_names()} | {name: folder}
    write_archive(
        {f"{run}/{path.relative_to(one).as_posix()}": path for run, one in folders.items() for path in _kept(one)}
    )


def write_archive(members: Mapping[str, Path]) -> None:
    """Write the archive and its hashes; the same files make the same bytes."""
    hashes = {member: _digest(members[member].read_bytes()) for member in sorted(members)}
    with atomic_path(ARCHIVE) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for member in hashes:
            archive.writestr(zipfile.ZipInfo(member, _DATE), members[member].read_bytes(), zipfile.ZIP_DEFLATED, 9)
    write_text(HASHES, "".join(f"{digest}  {member}\n" for member, digest in hashes.items()))


def _kept(folder: Path) -> list[Path]:
    patterns = ("visits.gz", "first_pass/visits.gz", "predictions/*.nii.gz", "predictions/*.soft.npz")
    return [path for pattern in patterns for path in folder.glob(pattern)]


def _hashes() -> dict[str, str]:
    """SHA-256 by member, as ``sha256sum`` writes them; none where there is no archive yet."""
    if not HASHES.is_file():
        return {}
    lines = HASHES.read_text(encoding="utf-8").splitlines()
    return {member: digest for digest, member in (line.split("  ", 1) for line in lines)}


def _unpack(archive: zipfile.ZipFile, member: str, digest: str) -> None:
    content = archive.read(member)
    if _digest(content) != digest:
        raise InputError(f"{member} in {ARCHIVE} is not the file of {HASHES.name}; get both anew")
    path = UNPACKED / member
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def _is_right(path: Path, digest: str) -> bool:
    return path.is_file() and _digest(path.read_bytes()) == digest


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

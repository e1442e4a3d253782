"""The record of a fusion while it grows: the journal of an unfinished run, and fusion.json at the end."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from ...errors import InputError
from ...files.atomic import write_text, writing
from ...files.lock import locked, require_free
from ...files.typed_json import from_json, to_json
from .run_record import FILE, ImageRecord, RunRecord, parse_record, read_record

_MAY_DIFFER = {"notes", "images"}
"""Fields that may change when a fusion is continued, for example because there are new candidates."""

_REMEDY = "start anew without --continue"


class Journal:
    """Record of a fusion that grows image by image and ends as ``fusion.json``.

    Each part of a run has a file of JSON lines. The first line is the run's header. Then there is one line for each
    image; it is added when all files of the image are in place. If a run was killed while it wrote the last line, that
    incomplete line is ignored.

    Args:
        folder: where the fused images go.
        header: what is recorded of the run as a whole; runs and parts with different headers are not mixed.
        part: number of this part, and of how many.
    """

    def __init__(self, folder: Path, header: RunRecord, part: tuple[int, int] = (0, 1)) -> None:
        self.folder = folder
        self.header = replace(header, images={})
        self.part = part
        self.path = folder / "fusion.part_{}_of_{}.jsonl".format(*part)

    def records(self, strict: bool) -> dict[str, ImageRecord]:
        """Images that earlier runs and other parts finished with the same header.

        With ``strict``, their input files may have changed since then, so the caller must check each image.

        Raises:
            InputError: with ``strict``, one of them had another header, so that its images do not fit to ours; or a
                file is not a record of ours.
        """
        done: dict[str, ImageRecord] = {}
        mine = to_json(self.header)
        for path, earlier in self._earlier():
            theirs = to_json(earlier)
            differing = [key for key in mine | theirs if mine.get(key) != theirs.get(key)]
            may = _MAY_DIFFER | ({"inputs"} if strict or not earlier.inputs else set())
            keys = [key for key in differing if key not in may and not (key == "format" and not earlier.format)]
            if not keys:
                done |= earlier.images
            elif strict:
                raise InputError(
                    f"{path} was begun with {keys[0]} {json.dumps(theirs.get(keys[0]))}, which now is "
                    f"{json.dumps(mine.get(keys[0]))}; continue with what it was, or {_REMEDY}"
                )
        return done

    def require_agreement(self) -> None:
        """Make sure that all parts of this fusion that have started got the same request.

        Raises:
            InputError: one part got another request.
        """
        number, parts = self.part
        mine = to_json(self.header)
        for path in self._journals():
            found = _read_journal(path) if path != self.path and path.stem.endswith(f"_of_{parts}") else None
            theirs = to_json(found) if found else mine
            differing = [key for key in mine | theirs if mine.get(key) != theirs.get(key)]
            keys = [key for key in differing if key not in _MAY_DIFFER | {"inputs"}]
            if keys:
                raise InputError(
                    f"{path} was begun with {keys[0]} {json.dumps(theirs.get(keys[0]))}, and part {number} has "
                    f"{json.dumps(mine.get(keys[0]))}; give all parts the same options, or remove that file if it is "
                    f"of an earlier run"
                )

    def require_own(self, names: Iterable[str]) -> None:
        """Make sure that files that would be replaced are of an earlier fusion, of which there is a record.

        Args:
            names: of the files to write.

        Raises:
            InputError: one of them is there, and no record of a fusion is.
        """
        there = next((self.folder / name for name in names if os.path.lexists(self.folder / name)), None)
        # Another part may replace the file by its journal just now, so journals are looked for once more at the end.
        if there and not self._journals() and not (self.folder / FILE).exists() and not self._journals():
            raise InputError(f"{there} is there, and no record ({FILE}) says that ds_fuse wrote it; choose another -o")

    def begin(self, done: Mapping[str, ImageRecord]) -> None:
        """Start this part's file with the records of images that need not be fused again."""
        lines = [_line(to_json(self.header)), *(_line({image: to_json(done[image])}) for image in sorted(done))]
        with writing(self.path):
            write_text(self.path, "".join(lines))
            (self.folder / FILE).unlink(missing_ok=True)

    def add(self, image: str, record: ImageRecord) -> None:
        """Add one finished image."""
        with writing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(_line({image: to_json(record)}))

    def finish(self, images: Iterable[str]) -> bool:
        """Write ``fusion.json`` and remove the journals, if the parts together have a record of all ``images``."""
        done = self.records(strict=False)
        if any(image not in done for image in images):
            return False
        record = replace(self.header, images={image: done[image] for image in images})
        with writing(self.folder / FILE):
            write_text(self.folder / FILE, json.dumps(to_json(record), indent=1) + "\n")
        for path in self._journals():
            path.unlink(missing_ok=True)
        return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other runs out of the folder while the block runs, except the other parts of this run.

        Raises:
            InputError: another run is working there.
        """
        with locked(_lock_of(self.folder, self.part), self.folder):
            _require_no_other_run(self.folder, self.part)
            yield

    def _journals(self) -> list[Path]:
        return sorted(self.folder.glob("fusion.part_*_of_*.jsonl"))

    def _earlier(self) -> Iterator[tuple[Path, RunRecord]]:
        """Path and content of each record in the folder."""
        complete = self.folder / FILE
        if complete.is_file():
            yield complete, read_record(complete)
        for path in self._journals():
            if found := _read_journal(path):
                yield path, found


def require_unheld(folder: Path, part: tuple[int, int]) -> None:
    """Make sure that no other run is working in a folder, except the other parts of this run.

    Raises:
        InputError: one is.
    """
    require_free(_lock_of(folder, part), folder)
    _require_no_other_run(folder, part)


def _require_no_other_run(folder: Path, part: tuple[int, int]) -> None:
    for lock in folder.glob(".fusion.part_*_of_*.lock"):
        if not lock.stem.endswith(f"_of_{part[1]}"):
            require_free(lock, folder)


def _lock_of(folder: Path, part: tuple[int, int]) -> Path:
    return folder / ".fusion.part_{}_of_{}.lock".format(*part)


def _read_journal(path: Path) -> RunRecord | None:
    """Header and images of a journal; None if it ends before its header does."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        whole = [json.loads(line) for line in lines if line.endswith("\n")]
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not a record that ds_fuse can continue ({error}); {_REMEDY}") from error
    if not whole:
        return None
    if not all(isinstance(line, dict) for line in whole):
        raise InputError(f"{path} is not a record that ds_fuse can continue; {_REMEDY}")
    images: dict[str, ImageRecord] = {}
    for line in whole[1:]:
        images |= from_json(dict[str, ImageRecord], line, path, _REMEDY)
    return replace(parse_record(whole[0], path), images=images)


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content) + "\n"

"""fusion.json: what was fused, how, and what came out; and the journal that a broken-off run leaves."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files.atomic import write_text, writing

FILE = "fusion.json"

_NOTES = "notes"
"""What is said of the input may change while a fusion is continued, as when candidates come in."""

Entry = dict[str, Any]
"""What is recorded of one image, or of the run as a whole; plain JSON."""


class Journal:
    """Record of a fusion that grows image by image and ends as ``fusion.json``.

    Each part of a run has a file of JSON lines: the run's header, then one line for each image, added when all files
    of the image are in place. A torn last line, of a run that was killed, counts as not written.

    Args:
        folder: where the fused images go.
        header: what is recorded of the run as a whole; runs and parts of different headers do not mix.
        part: number of this part, and of how many.
    """

    def __init__(self, folder: Path, header: Entry, part: tuple[int, int] = (0, 1)) -> None:
        self.folder = folder
        self.header = json.loads(json.dumps(header))
        self.path = folder / "fusion.part_{}_of_{}.jsonl".format(*part)

    def entries(self, strict: bool) -> dict[str, Entry]:
        """Images that earlier runs and other parts finished with the same header.

        Raises:
            InputError: ``strict``, and one of them had another header, so that its images cannot stand beside ours.
        """
        done: dict[str, Entry] = {}
        for path, header, entries in self._earlier():
            differing = [key for key in self.header | header if self.header.get(key) != header.get(key)]
            if not set(differing) - {_NOTES}:
                done |= entries
            elif strict:
                key = next(key for key in differing if key != _NOTES)
                raise InputError(
                    f"{path} was begun with {key} {json.dumps(header.get(key))}, which now is "
                    f"{json.dumps(self.header.get(key))}; continue with what it was, or start anew without --continue"
                )
        return done

    def begin(self, done: Mapping[str, Entry]) -> None:
        """Start this part's file with the entries of images that need not be fused again."""
        lines = [_line(self.header), *(_line({image: done[image]}) for image in sorted(done))]
        with writing(self.path):
            write_text(self.path, "".join(lines))
            (self.folder / FILE).unlink(missing_ok=True)

    def add(self, image: str, entry: Entry) -> None:
        """Add one finished image."""
        with writing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(_line({image: entry}))

    def finish(self, images: Iterable[str]) -> bool:
        """Write ``fusion.json`` and remove the journals, if every one of ``images`` is recorded by whichever part."""
        done = self.entries(strict=False)
        if any(image not in done for image in images):
            return False
        record = {**self.header, "images": {image: done[image] for image in images}}
        with writing(self.folder / FILE):
            write_text(self.folder / FILE, json.dumps(record, indent=1) + "\n")
        for path in self._journals():
            path.unlink(missing_ok=True)
        return True

    def _journals(self) -> list[Path]:
        return sorted(self.folder.glob("fusion.part_*_of_*.jsonl"))

    def _earlier(self) -> Iterable[tuple[Path, Entry, dict[str, Entry]]]:
        """Path, header and entries of each record in the folder."""
        complete = self.folder / FILE
        if complete.is_file():
            with _reading(complete):
                header = json.loads(complete.read_text(encoding="utf-8"))
                entries = header.pop("images")
            yield complete, header, entries
        for path in self._journals():
            with _reading(path):
                lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
                whole = [json.loads(line) for line in lines if line.endswith("\n")]
                entries = {image: entry for line in whole[1:] for image, entry in line.items()}
            if whole:
                yield path, whole[0], entries


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Tell that a file is no record of ours, whatever is wrong with it."""
    try:
        yield
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no record that ds_fuse can continue; start anew without --continue") from error


def _line(entry: Entry) -> str:
    return json.dumps(entry) + "\n"

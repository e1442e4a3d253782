"""fusion.json: what was fused, how, and what came out; and the journal that a broken-off run leaves."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..atomic import write_text
from ..errors import InputError

FILE = "fusion.json"
_JOURNAL = "fusion.part_{part}_of_{parts}.jsonl"

Entry = dict[str, Any]
"""What is recorded of one image, or of the run; plain JSON."""


class Journal:
    """Record of a fusion that grows image by image and ends as ``fusion.json``.

    Each part of a run has a file of JSON lines: the run's header, then one line for each image, added when all files
    of the image are in place. A torn last line, from a run that was killed, counts as not written.
    """

    def __init__(self, folder: Path, header: Entry, part: int = 0, parts: int = 1) -> None:
        self.folder = folder
        self.header = header
        self.path = folder / _JOURNAL.format(part=part, parts=parts)

    def begin(self, keep: bool) -> dict[str, Entry]:
        """Start the journal.

        Args:
            keep: take over what an earlier run of the same header finished.

        Returns:
            The entries taken over, by image.

        Raises:
            InputError: the earlier run had another header.
        """
        done = dict(self._earlier()) if keep else {}
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = [_line(self.header), *(_line({image: entry}) for image, entry in sorted(done.items()))]
        write_text(self.path, "".join(lines))
        (self.folder / FILE).unlink(missing_ok=True)
        return done

    def add(self, image: str, entry: Entry) -> None:
        """Add one finished image."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(_line({image: entry}))

    def finish(self, images: list[str]) -> bool:
        """Write ``fusion.json`` if every image is recorded, by whichever part, and remove the journals.

        Returns:
            Whether it was so.
        """
        done = dict(self._earlier())
        if any(image not in done for image in images):
            return False
        write_text(
            self.folder / FILE,
            json.dumps({**self.header, "images": {image: done[image] for image in images}}, indent=1) + "\n",
        )
        for path in self._journals():
            path.unlink(missing_ok=True)
        return True

    def _journals(self) -> list[Path]:
        return sorted(self.folder.glob(_JOURNAL.format(part="*", parts="*")))

    def _earlier(self) -> Iterator[tuple[str, Entry]]:
        """Entries of every earlier run and part."""
        complete = self.folder / FILE
        if complete.is_file():
            record = json.loads(complete.read_text(encoding="utf-8"))
            images = record.pop("images")
            self._check(record, complete)
            yield from images.items()
        for path in self._journals():
            header, *lines = _whole_lines(path) or [self.header]
            self._check(header, path)
            for line in lines:
                yield from line.items()

    def _check(self, header: Entry, path: Path) -> None:
        for key in self.header.keys() | header.keys():
            ours, theirs = self.header.get(key), header.get(key)
            if ours != theirs:
                raise InputError(
                    f"{path} was begun with {key} {json.dumps(theirs)}, not {json.dumps(ours)}; continue with the "
                    f"same options, or start anew without --continue"
                )


def _line(entry: Entry) -> str:
    return json.dumps(entry) + "\n"


def _whole_lines(path: Path) -> list[Entry]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]

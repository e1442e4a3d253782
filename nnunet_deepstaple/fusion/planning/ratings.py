"""A person's ratings of candidates and consensus: ratings.csv, which the pages of a report offer for download.

The table has the columns ``image``, ``candidate`` and ``rating``. A row without a candidate rates the consensus of the
image. Only ``exclude`` changes a vote. The grades ``poor``, ``fair`` and ``good`` are recorded and shown, but they do
not change weights. Nobody has measured how much a grade should count beside a learned score. An invented factor would
be a hidden guess.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...datasets.candidates import Candidate, Candidates
from ...datasets.case_ids import SEPARATOR
from ...datasets.listing import label_maps_in
from ...errors import InputError
from ...files.provenance import FileRecord
from ...files.tables import read_table
from ...wording import counted
from ..record.run_record import ImageRatings

COLUMNS = ("image", "candidate", "rating")
EXCLUDE = "exclude"
CANDIDATE_MARKS = (EXCLUDE, "poor", "fair", "good")
CONSENSUS_MARKS = ("accept", "correct", "redo")


@dataclass(frozen=True)
class Ratings:
    """Marks of candidates, by image and name, and of the consensus, by image."""

    candidates: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    consensus: Mapping[str, str] = field(default_factory=dict)

    def of_image(self, image: str) -> ImageRatings | None:
        """What ``fusion.json`` says of an image's ratings; None without any."""
        found = ImageRatings(dict(self.candidates.get(image, {})), self.consensus.get(image))
        return None if found == ImageRatings() else found


@dataclass(frozen=True)
class Judgement:
    """What a person decided about a fusion.

    Attributes:
        ratings: of candidates and consensus.
        voting: the candidates that may vote.
        corrected: label maps that are used unchanged instead of a consensus, by image.
        file: the file of the ratings; None for none.
        notes: what a user should know, one sentence each.
    """

    ratings: Ratings
    voting: Candidates
    corrected: Mapping[str, Candidate]
    file: FileRecord | None
    notes: list[str]


def read_ratings(path: Path, say: Callable[[str], object] = str) -> Ratings:
    """Read ratings.csv, also if a spreadsheet saved it; ``say`` gets a sentence for each guess.

    Raises:
        InputError: the file cannot be read or lacks a column, rates something twice, or has an unknown mark.
    """
    table = read_table(path, COLUMNS, say)
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise InputError(f"{path} has no column '{missing[0]}'; ratings have {', '.join(COLUMNS)}")
    candidates: dict[str, dict[str, str]] = defaultdict(dict)
    consensus: dict[str, str] = {}
    for row in table.rows:
        image, name, mark = (row.cells[column] for column in COLUMNS)
        mark = mark.lower()
        what = f"candidate '{name}' of image '{image}'" if name else f"the consensus of image '{image}'"
        marks = CANDIDATE_MARKS if name else CONSENSUS_MARKS
        if mark not in marks:
            raise InputError(f"{path} rates {what} '{mark}'; choose one of {', '.join(marks)}")
        rated, key = (candidates[image], name) if name else (consensus, image)
        if rated.setdefault(key, mark) != mark:
            raise InputError(f"{path} rates {what} both '{rated[key]}' and '{mark}'; keep one row")
    return Ratings(dict(candidates), consensus)


def apply_ratings(candidates: Candidates, ratings: Path | None, corrected: Path | None) -> Judgement:
    """Find out which candidates may vote, and which images have a corrected label map.

    Args:
        candidates: all candidates.
        ratings: ratings.csv; None for none.
        corrected: folder of corrected label maps, ``<image><ending>``; None for none.

    Raises:
        InputError: the ratings cannot be read, all candidates of an image are excluded, or the folder holds no label
            map of an image.
    """
    guesses: list[str] = []
    rated = read_ratings(ratings, guesses.append) if ratings else Ratings()
    voting = {
        image: [one for one in found if rated.candidates.get(image, {}).get(one.name) != EXCLUDE]
        for image, found in candidates.items()
    }
    for image, left in voting.items():
        if not left:
            raise InputError(
                f"{ratings} excludes every candidate of image '{image}'; let one vote (beside a label map in "
                f"-corrected it decides nothing), or leave the image's files out"
            )
    corrections = _corrected(candidates, corrected)
    file = FileRecord.of(ratings) if ratings else None
    notes = guesses + _notes(candidates, rated, voting, corrections, corrected)
    return Judgement(rated, voting, corrections, file, notes)


def _corrected(candidates: Candidates, folder: Path | None) -> dict[str, Candidate]:
    if folder is None:
        return {}
    if not folder.is_dir():
        raise InputError(f"-corrected {folder} is not a folder; give the folder of the corrected label maps")
    found = {image: Candidate(image, "corrected", path) for path, image in label_maps_in(folder) if image in candidates}
    if not found:
        raise InputError(
            f"-corrected {folder} holds no label map of an image here, such as '{next(iter(candidates))}'; "
            f"name them <image><ending>"
        )
    return found


def _notes(
    candidates: Candidates,
    ratings: Ratings,
    voting: Candidates,
    corrections: Mapping[str, Candidate],
    corrected: Path | None,
) -> list[str]:
    notes = []
    excluded = [one.case for image, found in candidates.items() for one in found if one not in voting[image]]
    if excluded:
        notes.append(f"{counted(len(excluded), 'candidate')} excluded by a person, such as '{excluded[0]}'")
    rated = {f"{image}{SEPARATOR}{name}" for image, marks in ratings.candidates.items() for name in marks}
    here = {one.case for found in candidates.values() for one in found}
    unknown = sorted((rated - here) | (set(ratings.consensus) - set(candidates)))
    if unknown:
        notes.append(f"{counted(len(unknown), 'rating')} of what is not here, such as '{unknown[0]}'")
    if corrections:
        notes.append(f"{counted(len(corrections), 'consensus', 'consensuses')} from {corrected} as a person left it")
    if corrected:
        others = [image for path, image in label_maps_in(corrected) if image not in candidates]
        if others:
            notes.append(f"{counted(len(others), 'label map')} in {corrected} of no image here, such as '{others[0]}'")
    waiting = [
        image
        for image, mark in ratings.consensus.items()
        if mark != "accept" and image in candidates and image not in corrections
    ]
    if waiting:
        notes.append(f"{counted(len(waiting), 'image')} still to be corrected by a person, such as '{waiting[0]}'")
    return notes

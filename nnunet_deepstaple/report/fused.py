"""What a fusion made of each image, read from what ``ds_fuse`` wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets.candidates import Candidate
from ..errors import InputError
from ..files.image_files import ending_of
from ..files.json_files import read_json_object
from ..fusion.ratings import EXCLUDE
from ..fusion.record import FILE, Entry


@dataclass(frozen=True)
class Fused:
    """What a fusion made of one image.

    Attributes:
        consensus: its file.
        weights: share in the vote of each candidate and prediction that voted, by name; None where the rule has none.
        estimates: the rule's own estimate of each candidate, by name; empty where it makes none.
        warnings: of the fusion.
        ratings: what a person said of the candidates, by name.
        rating: what a person said of the consensus; empty for nothing.
    """

    consensus: Path
    weights: Mapping[str, float] | None = None
    estimates: Mapping[str, float] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    ratings: Mapping[str, str] = field(default_factory=dict)
    rating: str = ""


def read_record(folder: Path) -> Entry:
    """Read the ``fusion.json`` of a folder of fused label maps.

    Raises:
        InputError: there is none, or it is none of ``ds_fuse``.
    """
    path = folder / FILE
    if not path.is_file():
        raise InputError(f"-f {folder} holds no {FILE}; give the folder that ds_fuse wrote (-o), when it has ended")
    record = read_json_object(path, "fuse again with ds_fuse")
    if not isinstance(record.get("images"), dict):
        raise InputError(f"{path} has no 'images'; fuse again with ds_fuse")
    return record


def fused_image(folder: Path, record: Entry, candidates: Sequence[Candidate]) -> Fused:
    """What the record of a fused folder says of one image.

    Args:
        folder: the fused folder.
        record: its ``fusion.json``.
        candidates: all candidates of the image.

    Raises:
        InputError: it was not fused, or of other candidates, or its consensus is missing.
    """
    image = candidates[0].image
    entry = record["images"].get(image)
    if entry is None:
        raise InputError(f"{folder / FILE} does not know image '{image}'; fuse the same candidates that -i names")
    ratings = entry.get("ratings", {})
    left_out = {name for name, rating in ratings.get("candidates", {}).items() if rating == EXCLUDE}
    here = {candidate.name for candidate in candidates} - left_out
    if here != set(entry["candidates"]):
        odd = min(here ^ set(entry["candidates"]))
        raise InputError(
            f"{folder / FILE}: candidate '{odd}' of image '{image}' is {'not there' if odd in here else 'not in -i'}; "
            f"fuse the same candidates that -i names"
        )
    consensus = folder / (image + ending_of(candidates[0].path))
    if not consensus.is_file():
        raise InputError(f"{consensus}, which {folder / FILE} tells of, is missing; fuse again")
    weights = entry["weights"]
    return Fused(
        consensus=consensus,
        weights=None
        if weights is None
        else {**dict(zip(entry["candidates"], weights, strict=True)), **entry.get("predictions", {})},
        estimates=estimates_of(entry["candidates"], entry["quality"]),
        warnings=entry["warnings"],
        ratings=ratings.get("candidates", {}),
        rating=ratings.get("consensus", ""),
    )


def estimates_of(names: Sequence[str], quality: Mapping[str, Any]) -> dict[str, float]:
    """A rule's own estimate of each candidate as one number: of the foreground labels' values, the mean.

    Args:
        names: of the candidates.
        quality: what the rule estimated, by name: of each candidate, or of each candidate and label.
    """
    per_candidate = [np.array(one, float) for one in quality.values()]
    means = [one if one.ndim == 1 else _mean(one[:, 1:]) for one in per_candidate]
    values = _mean(np.stack(means, axis=1)) if means else np.full(len(names), np.nan)
    return {name: float(value) for name, value in zip(names, values, strict=True) if np.isfinite(value)}


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean along the last axis of what is not NaN; NaN where all is."""
    known = np.isfinite(values)
    number = known.sum(axis=-1)
    return np.divide(
        np.where(known, values, 0).sum(axis=-1), number, out=np.full(number.shape, np.nan), where=number > 0
    )

"""The result of a fusion for each image, read from what ``ds_fuse`` wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets.candidates import Candidate
from ..errors import InputError
from ..files.endings import ending_of
from ..files.fingerprint import Fingerprint
from ..fusion.planning.ratings import EXCLUDE
from ..fusion.record.run_record import FILE, REMEDY, ImageRatings, RunRecord, read_record
from ..fusion.votes.means import mean


@dataclass(frozen=True)
class FusedImage:
    """The result of a fusion for one image.

    Attributes:
        consensus: its file.
        weights: share in the vote of each candidate and prediction that voted, by name; None where the rule has none.
        weights_by_labels: of each candidate before the atlases' images were compared, by name; empty where none were.
        estimates: the rule's own estimate of each candidate, by name; empty where it makes none.
        warnings: of the fusion.
        ratings: what a person said of the candidates, by name.
        rating: what a person said of the consensus; empty for nothing.
        changed: candidates whose file changed after it voted.
    """

    consensus: Path
    weights: Mapping[str, float] | None = None
    weights_by_labels: Mapping[str, float] = field(default_factory=dict)
    estimates: Mapping[str, float] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    ratings: Mapping[str, str] = field(default_factory=dict)
    rating: str = ""
    changed: Sequence[str] = ()


def record_in(folder: Path) -> RunRecord:
    """Read the ``fusion.json`` of a folder of fused label maps.

    Raises:
        InputError: there is none, or ``ds_fuse`` did not write it.
    """
    path = folder / FILE
    if not path.is_file():
        raise InputError(f"-f {folder} holds no {FILE}; give the folder that ds_fuse wrote (-o), when it has ended")
    return read_record(path)


def fused_image(folder: Path, record: RunRecord, candidates: Sequence[Candidate]) -> FusedImage:
    """What the record of a fused folder says of one image.

    Args:
        folder: the fused folder.
        record: its ``fusion.json``.
        candidates: all candidates of the image.

    Raises:
        InputError: the image was not fused, or was fused from other candidates, or its consensus is missing.
    """
    image = candidates[0].image
    made = record.images.get(image)
    if made is None:
        raise InputError(f"{folder / FILE} does not know image '{image}'; fuse the same candidates that -i names")
    ratings = made.ratings or ImageRatings()
    left_out = {name for name, rating in ratings.candidates.items() if rating == EXCLUDE}
    here = {candidate.name for candidate in candidates} - left_out
    if here != set(made.candidates):
        odd = min(here ^ set(made.candidates))
        raise InputError(
            f"{folder / FILE}: candidate '{odd}' of image '{image}' is {'not there' if odd in here else 'not in -i'}; "
            f"fuse the same candidates that -i names"
        )
    consensus = folder / (image + ending_of(candidates[0].path))
    if not consensus.is_file():
        raise InputError(f"{consensus}, which {folder / FILE} tells of, is missing; fuse again")
    weights = made.weights
    n_candidates = len(made.candidates)
    uneven = [name for name, values in made.quality.items() if len(values) != n_candidates or not _alike(values)]
    of_candidates = {"weights": weights, "weights_by_labels": made.weights_by_labels}
    uneven += [name for name, values in of_candidates.items() if values and len(values) != n_candidates]
    if uneven:
        what = uneven[0]
        raise InputError(f"{folder / FILE}: '{what}' of image '{image}' has not one entry a candidate; {REMEDY}")
    shares = [*(weights or ()), *made.predictions.values()]
    if weights is not None and not (all(0 <= share <= 1.001 for share in shares) and sum(weights) > 0):
        raise InputError(f"{folder / FILE}: the weights of image '{image}' are not shares of a vote; {REMEDY}")
    return FusedImage(
        consensus=consensus,
        weights=None if weights is None else {**dict(zip(made.candidates, weights, strict=True)), **made.predictions},
        weights_by_labels=dict(zip(made.candidates, made.weights_by_labels, strict=False)),
        estimates=estimates_of(made.candidates, made.quality),
        warnings=made.warnings,
        ratings=ratings.candidates,
        rating=ratings.consensus or "",
        changed=[
            one.case
            for one in candidates
            if one.name in made.files and not Fingerprint(*made.files[one.name]).is_of(one.path)
        ],
    )


def estimates_of(names: Sequence[str], quality: Mapping[str, Any]) -> dict[str, float]:
    """A rule's own estimate of each candidate as one number: the mean of the values of the foreground labels.

    Args:
        names: of the candidates.
        quality: what the rule estimated, by name: of each candidate, or of each candidate and label.
    """
    per_candidate = [np.array(one, float) for one in quality.values()]
    means = [one if one.ndim == 1 else mean(one[:, 1:], axis=-1) for one in per_candidate]
    values = mean(np.stack(means, axis=1), axis=-1) if means else np.full(len(names), np.nan)
    return {name: float(value) for name, value in zip(names, values, strict=True) if np.isfinite(value)}


def _alike(entries: Sequence[Any]) -> bool:
    """Whether the entries are all numbers, or all lists of one length."""
    return len({len(one) if isinstance(one, list) else None for one in entries}) <= 1

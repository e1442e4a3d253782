"""What one image tells of its sources: its files are read once, and a few numbers are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from ..datasets.candidates import Candidate
from ..files.geometry import Geometry
from ..fusion.reading import read_votes
from ..fusion.rules.spectral import spectral
from ..fusion.votes import Votes
from .bias import bias_of
from .contours import hausdorff_95, surface_dice, surface_distances
from .match import match_of_label
from .pairs import pairs_of_label

NETWORK = -1
"""Key of the network's Dice over all labels, among those of single labels."""


@dataclass(frozen=True)
class Subject:
    """One image and what is known of it.

    Attributes:
        candidates: its candidates.
        truth: file of its true labels; None where nobody knows them.
        scores: of the candidates by name: Dice with the network by label value, and over all under :data:`NETWORK`.
        ignored: label by which a candidate abstains; None where there is none.
    """

    candidates: Sequence[Candidate]
    truth: Path | None = None
    scores: Mapping[str, Mapping[int, float]] | None = None
    ignored: int | None = None


@dataclass(frozen=True)
class LabelMeasures:
    """Numbers of each label and source; arrays of one shape, (L, K) for an image. NaN where there is none.

    Attributes:
        match: with the label that all sources have in common (:mod:`.match`).
        volume_ratio, border, missed, false: against the consensus (:class:`~.bias.Bias`).
        dice, surface_dice, hd95: against the true labels; the distance in mm.
    """

    match: np.ndarray
    volume_ratio: np.ndarray
    border: np.ndarray
    missed: np.ndarray
    false: np.ndarray
    dice: np.ndarray
    surface_dice: np.ndarray
    hd95: np.ndarray


NAMES = tuple(one.name for one in fields(LabelMeasures))


@dataclass(frozen=True)
class ImageMeasures:
    """What an image tells.

    Attributes:
        labels: foreground label values that any source shows.
        by_label: of each label and source, float32.
        pairs: Dice of each pair of sources, mean over the labels that either shows, shape (K, K), float32.
        judged: whether the image has true labels.
    """

    labels: tuple[int, ...]
    by_label: LabelMeasures
    pairs: np.ndarray
    judged: bool


def measure_image(tolerance: float, subject: Subject) -> ImageMeasures:
    """Read the files of an image and measure its sources.

    Args:
        tolerance: of the surface Dice, in mm.
        subject: the image.

    Raises:
        InputError: a file cannot be read, or lies on another grid.
    """
    files = list(subject.candidates)
    if subject.truth is not None:
        files.append(Candidate(subject.candidates[0].image, "truth", subject.truth))
    votes, geometry = read_votes(files, subject.ignored)
    n_sources, n_labels = len(subject.candidates), len(votes.labels)
    values = tuple(votes.labels[1:].tolist())
    patterns = votes.patterns[:, :n_sources]
    match = np.full((n_labels - 1, n_sources), np.nan)
    pairs, compared = np.zeros((2, n_sources, n_sources))
    for place, value in enumerate(values):
        dice = pairs_of_label(patterns, votes.counts, place + 1, n_labels)
        pairs += np.nan_to_num(dice)
        compared += np.isfinite(dice)
        shown = (patterns == place + 1).any(axis=0).astype(float)
        match[place] = _judged(dice, shown, _network(subject, value))
    consensus = spectral(patterns, votes.counts, n_labels, np.full(n_sources, 1 / n_sources)).labels
    spacing, codes = _grid(votes, geometry)
    bias = bias_of(patterns, codes, consensus, spacing, n_labels)
    truth = _against_truth(votes, n_sources, codes, spacing, tolerance) if subject.truth is not None else None
    nothing = np.full(match.shape, np.nan)
    measured = (match, bias.volume_ratio, bias.border, bias.missed, bias.false, *(truth or (nothing,) * 3))
    return ImageMeasures(
        values,
        LabelMeasures(*(one.astype(np.float32) for one in measured)),
        np.divide(pairs, compared, out=np.full(pairs.shape, np.nan), where=compared > 0).astype(np.float32),
        truth is not None,
    )


def _network(subject: Subject, value: int) -> np.ndarray | None:
    """Dice of the network with each candidate for one label, shape (K,); None without scores."""
    if subject.scores is None:
        return None
    of_names = [subject.scores.get(one.name, {}) for one in subject.candidates]
    return np.array([one.get(value, one.get(NETWORK, np.nan)) for one in of_names])


def _judged(dice: np.ndarray, shown: np.ndarray, network: np.ndarray | None) -> np.ndarray:
    """Match of each source, the network being one more judge."""
    if network is None or not np.isfinite(network).any():
        return match_of_label(dice, shown)
    wider = np.full((len(dice) + 1, len(dice) + 1), np.nan)
    wider[:-1, :-1] = dice
    wider[-1, :-1] = wider[:-1, -1] = network
    return match_of_label(wider, np.append(shown, np.nan))[:-1]


def _grid(votes: Votes, geometry: Geometry) -> tuple[tuple[float, ...], np.ndarray]:
    """Spacing and vote patterns in the order of the arrays; flat images have two axes."""
    spacing = tuple(geometry.spacing[::-1])
    return spacing, votes.codes.reshape(votes.codes.shape[3 - len(spacing) :])


def _against_truth(
    votes: Votes, n_sources: int, codes: np.ndarray, spacing: Sequence[float], tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Dice, surface Dice and Hausdorff distance of each source with the true labels, shape (L, K) each."""
    n_labels = len(votes.labels)
    truth = votes.patterns[:, n_sources]
    dice, near, distance = np.full((3, n_labels - 1, n_sources), np.nan)
    for place in range(n_labels - 1):
        dice[place] = pairs_of_label(votes.patterns, votes.counts, place + 1, n_labels)[-1, :-1]
        of_truth = (truth == place + 1)[codes]
        for source in range(n_sources):
            distances = surface_distances((votes.patterns[:, source] == place + 1)[codes], of_truth, spacing)
            if distances is not None:
                near[place, source] = surface_dice(distances, tolerance)
                distance[place, source] = hausdorff_95(distances)
            elif np.isfinite(dice[place, source]):
                near[place, source] = 0.0
    return dice, near, distance

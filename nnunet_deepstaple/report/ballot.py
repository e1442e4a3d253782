"""One image's votes as a report needs them: read once, everything else is computed from the vote patterns."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..datasets.candidates import Candidate
from ..files.geometry import Geometry
from ..fusion.ratings import EXCLUDE
from ..fusion.reading import read_votes
from ..fusion.votes import Votes
from ..fusion.weights import effective_number
from .fused import Fused
from .study import Subject


@dataclass(frozen=True)
class Ballot:
    """Who voted what in one image, over P vote patterns and L labels; L stands for no vote.

    Attributes:
        votes: patterns of all label maps that were read.
        geometry: of their grid.
        candidates: votes of the K candidates, shape (P, K).
        predictions: votes of the M predictions, shape (P, M).
        consensus: shape (P,).
        truth: shape (P,); None where nobody knows it.
        weights: of candidates, then predictions, shape (K + M,), summing to one; equal among those that voted where the
            rule has none.
        fused: what the fusion made of the image.
        effective: effective number of voters; None where the rule has no weights.
    """

    votes: Votes
    geometry: Geometry
    candidates: np.ndarray
    predictions: np.ndarray
    consensus: np.ndarray
    truth: np.ndarray | None
    weights: np.ndarray
    fused: Fused
    effective: float | None

    @property
    def n_labels(self) -> int:
        """Labels that anything shows, the background included."""
        return len(self.votes.labels)

    @property
    def voters(self) -> np.ndarray:
        """Votes of candidates, then predictions, shape (P, K + M)."""
        return np.concatenate([self.candidates, self.predictions], axis=1)

    @property
    def counts(self) -> np.ndarray:
        """Voxels with each pattern, shape (P,); none where the consensus has the ignore label, which no voter has."""
        shown = np.unique(self.voters)
        return np.where(np.isin(self.consensus, [0, *shown[shown < self.n_labels]]), self.votes.counts, 0)

    def visible(self, of_pattern: np.ndarray) -> np.ndarray:
        """Labels to draw or to measure, shape (P,): no vote is background."""
        return np.where(of_pattern == self.n_labels, 0, of_pattern)


def read_ballot(subject: Subject) -> Ballot:
    """Read the label maps of one image.

    Raises:
        InputError: one cannot be read, or lies on another grid.
    """
    fused, image = subject.fused, subject.image
    files = [*subject.candidates, *subject.predictions]
    files.append(Candidate(image, "consensus", fused.consensus))
    if subject.truth is not None:
        files.append(Candidate(image, "truth", subject.truth))
    votes, geometry = read_votes(files, subject.ignored)
    n_candidates, n_voters = len(subject.candidates), len(subject.candidates) + len(subject.predictions)
    voters = votes.patterns[:, :n_voters]
    names = [voter.name for voter in files[:n_voters]]
    return Ballot(
        votes=votes,
        geometry=geometry,
        candidates=voters[:, :n_candidates],
        predictions=voters[:, n_candidates:],
        consensus=votes.patterns[:, n_voters],
        truth=votes.patterns[:, -1] if subject.truth is not None else None,
        weights=_weights(fused, names, n_candidates),
        fused=fused,
        effective=None if fused.weights is None else effective_number(_shares(fused.weights, names)),
    )


def _weights(fused: Fused, names: list[str], n_candidates: int) -> np.ndarray:
    if fused.weights is not None:
        return _shares(fused.weights, names)
    votes = [name in names[:n_candidates] and fused.ratings.get(name) != EXCLUDE for name in names]
    return np.array(votes) / sum(votes)


def _shares(weights: Mapping[str, float], names: list[str]) -> np.ndarray:
    shares = np.array([weights.get(name, 0.0) for name in names])
    return shares / shares.sum()

"""One image's votes as a report needs them: read once, everything else is computed from the vote patterns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..datasets.candidates import Candidate
from ..files.geometry import Geometry
from ..fusion.fuse import read_votes
from ..fusion.ratings import EXCLUDE
from ..fusion.trust import trust_predictions
from ..fusion.votes import Votes
from ..fusion.weights import effective_number
from .fused import Fused, estimates_of
from .study import Subject


@dataclass(frozen=True)
class Ballot:
    """Who voted what in one image, over P vote patterns and L labels.

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
        """Voxels with each pattern, shape (P,); none where the consensus is a label that no voter has (ignored)."""
        shown = np.unique(self.voters)
        return np.where(np.isin(self.consensus, [0, *shown]), self.votes.counts, 0)


def read_ballot(subject: Subject) -> Ballot:
    """Read the label maps of one image.

    Raises:
        InputError: one cannot be read, or lies on another grid.
    """
    fused, image = subject.fused, subject.image
    files = [*subject.candidates, *subject.predictions]
    for name, path in (("consensus", fused.consensus), ("truth", subject.truth)):
        if path is not None:
            files.append(Candidate(image, name, path))
    votes, geometry = read_votes(files)
    n_candidates, n_voters = len(subject.candidates), len(subject.candidates) + len(subject.predictions)
    voters = votes.patterns[:, :n_voters]
    names = [voter.name for voter in files[:n_voters]]
    if fused.rule is None:
        consensus = votes.patterns[:, n_voters]
    else:
        fused, consensus = _fuse(fused, names, votes, n_candidates)
    return Ballot(
        votes=votes,
        geometry=geometry,
        candidates=voters[:, :n_candidates],
        predictions=voters[:, n_candidates:],
        consensus=consensus,
        truth=votes.patterns[:, -1] if subject.truth is not None else None,
        weights=_weights(fused, names, n_candidates),
        fused=fused,
        effective=None if fused.weights is None else effective_number(_shares(fused.weights, names)),
    )


def _fuse(fused: Fused, names: list[str], votes: Votes, n_candidates: int) -> tuple[Fused, np.ndarray]:
    """Fuse as ``ds_fuse`` does, and write nothing."""
    assert fused.rule is not None
    assert fused.weights is not None
    voting = [place for place, name in enumerate(names) if name in fused.weights]
    voters = [names[place] for place in voting]
    table = votes.patterns[:, voting], votes.counts, len(votes.labels)
    weights = _shares(fused.weights, voters)
    if len(voting) > n_candidates:
        weights = trust_predictions(*table, weights, n_candidates)
    consensus = fused.rule(*table, weights)
    shares = None if consensus.weights is None else dict(zip(voters, consensus.weights.tolist(), strict=True))
    estimates = estimates_of(voters, consensus.quality)
    return replace(fused, weights=shares, estimates=estimates, warnings=consensus.warnings), consensus.labels


def _weights(fused: Fused, names: list[str], n_candidates: int) -> np.ndarray:
    if fused.weights is not None:
        return _shares(fused.weights, names)
    votes = [name in names[:n_candidates] and fused.ratings.get(name) != EXCLUDE for name in names]
    return np.array(votes) / sum(votes)


def _shares(weights: Mapping[str, float], names: list[str]) -> np.ndarray:
    shares = np.array([weights.get(name, 0.0) for name in names])
    return shares / shares.sum()

"""One image's votes as a report needs them: they are read once, and all else is computed from their patterns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..datasets.candidates import Candidate
from ..datasets.true_labels import NAME as TRUE_LABELS
from ..files.geometry import Geometry
from ..files.grids import OUTSIDE
from ..fusion.planning.ratings import EXCLUDE
from ..fusion.votes import VoteMap, Votes
from ..fusion.votes.reading import read_votes
from ..fusion.weights.weights import effective_number
from .fused_image import FusedImage
from .inputs import ImageInputs


@dataclass(frozen=True)
class ImageVotes:
    """Who voted what in one image, over P vote patterns and L labels; L stands for no vote.

    Attributes:
        map: patterns of all label maps that were read, and where they stand.
        geometry: of their grid.
        voters: votes of the K candidates, then of the M predictions.
        candidates: votes of the K candidates.
        predictions: votes of the M predictions.
        consensus: shape (P,).
        truth: shape (P,); None where nobody knows it.
        weights: of candidates, then predictions, shape (K + M,), summing to one. If the rule has no weights, they are
            equal for all that voted.
        fused: the result of the fusion for this image.
        effective: effective number of voters; None where the rule has no weights.
    """

    map: VoteMap
    geometry: Geometry
    voters: Votes
    candidates: Votes
    predictions: Votes
    consensus: np.ndarray
    truth: np.ndarray | None
    weights: np.ndarray
    fused: FusedImage
    effective: float | None

    @property
    def n_labels(self) -> int:
        """Number of labels that any label map shows, the background included."""
        return self.map.n_labels

    def visible(self, of_pattern: np.ndarray) -> np.ndarray:
        """Labels to draw or to measure, shape (P,): no vote becomes background, one of several becomes the first."""
        if self.map.meanings is None:
            return np.where(of_pattern == self.n_labels, 0, of_pattern)
        first = self.map.meanings.sets.argmax(axis=1)
        first[self.n_labels] = 0
        return first[of_pattern]

    def looked_for(self, place: int) -> np.ndarray:
        """Whether a voter looks for each label, shape (L,)."""
        looks = np.ones(self.n_labels, bool)
        if (meanings := self.voters.meanings) is not None:
            looks[1:] = (meanings.structures[meanings.looked_for[place]]).any(axis=0)[1:]
        return looks


def read_image_votes(inputs: ImageInputs) -> ImageVotes:
    """Read the label maps of one image.

    Raises:
        InputError: one cannot be read, or lies on another grid.
    """
    fused, image = inputs.fused, inputs.image
    files = [*inputs.candidates, *inputs.predictions]
    files.append(Candidate(image, "consensus", fused.consensus))
    if inputs.truth is not None:
        files.append(Candidate(image, TRUE_LABELS, inputs.truth))
    meanings = [*inputs.meanings, *[None] * (len(files) - len(inputs.meanings))] if inputs.meanings else None
    silent = [OUTSIDE, *([] if inputs.ignored is None else [inputs.ignored])]
    unlike = bool(meanings) or inputs.grid is not None
    votes, geometry = read_votes(files, silent if unlike else inputs.ignored, meanings=meanings, grid=inputs.grid)
    n_candidates, n_voters = len(inputs.candidates), len(inputs.candidates) + len(inputs.predictions)
    consensus, own = votes.patterns[:, n_voters], votes.patterns[:, :n_voters]
    shown = np.unique(own)
    heard = np.isin(consensus, [0, *shown[shown < votes.n_labels]])
    if votes.meanings is not None:  # a vote for one of several labels is shown too
        heard = consensus < votes.n_labels
    kept = replace(votes, counts=np.where(heard, votes.counts, 0)).of_voters(slice(n_voters))
    voters = Votes(kept.labels, kept.patterns, kept.counts, meanings=kept.meanings)
    names = [voter.name for voter in files[:n_voters]]
    return ImageVotes(
        map=votes,
        geometry=geometry,
        voters=voters,
        candidates=voters.of_voters(slice(n_candidates)),
        predictions=voters.of_voters(slice(n_candidates, None)),
        consensus=consensus,
        truth=votes.patterns[:, -1] if inputs.truth is not None else None,
        weights=_weights(fused, names, n_candidates),
        fused=fused,
        effective=None if fused.weights is None else effective_number(_shares(fused.weights, names)),
    )


def _weights(fused: FusedImage, names: list[str], n_candidates: int) -> np.ndarray:
    if fused.weights is not None:
        return _shares(fused.weights, names)
    votes = [name in names[:n_candidates] and fused.ratings.get(name) != EXCLUDE for name in names]
    return np.array(votes) / sum(votes)


def _shares(weights: Mapping[str, float], names: list[str]) -> np.ndarray:
    shares = np.array([weights.get(name, 0.0) for name in names])
    return shares / shares.sum()

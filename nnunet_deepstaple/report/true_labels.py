"""How near each label map of an image is to the true labels."""

from collections.abc import Iterator

import numpy as np

from ..fusion.planning.ratings import EXCLUDE
from ..fusion.rules.simple import simple
from ..fusion.rules.staple import staple
from ..fusion.rules.weighted import majority
from ..ranking.contours import TOLERANCE, hausdorff_95, surface_dice, surface_distances
from .image_votes import ImageVotes
from .inputs import ImageInputs
from .measures import label_dice
from .numbers import TruthNumbers

CONSENSUS = "consensus"
RULES = {"majority": majority, "STAPLE": staple, "SIMPLE": simple}
"""Rules that the consensus is compared with; they use only the candidates' labels."""


def judge_by_truth(inputs: ImageInputs, votes: ImageVotes) -> dict[str, TruthNumbers]:
    """Compare the consensus, other rules, predictions and candidates with the true labels.

    Names of candidates get a leading space, so that no candidate can be confused with a rule.
    """
    if votes.truth is None:
        return {}
    everything = np.ones(votes.n_labels, bool)
    found = {name: _compare(labels, votes, everything) for name, labels in _label_maps(inputs, votes)}
    for place, candidate in enumerate(inputs.candidates):
        labels = votes.candidates.patterns[:, place]
        if votes.map.meanings is not None:  # what it says about other labels counts here too
            labels = votes.visible(labels)
        found[source_key(candidate.name)] = _compare(labels, votes, votes.looked_for(place))
    return found


def source_key(name: str) -> str:
    """Key of a candidate among :func:`judge_by_truth`'s."""
    return f" {name}"


def _label_maps(inputs: ImageInputs, votes: ImageVotes) -> Iterator[tuple[str, np.ndarray]]:
    yield CONSENSUS, votes.visible(votes.consensus)
    voting = [votes.fused.ratings.get(one.name) != EXCLUDE for one in inputs.candidates]
    candidates = votes.map.of_voters(np.flatnonzero(voting))
    for name, rule in RULES.items():
        yield name, rule(candidates, None).labels
    for prediction, labels in zip(inputs.predictions, votes.predictions.patterns.T, strict=True):
        yield f"prediction of {prediction.name}", labels


def _compare(labels: np.ndarray, votes: ImageVotes, looked_for: np.ndarray) -> TruthNumbers:
    """Compare each label that is looked for and that either shows; voxels that the consensus ignores are background."""
    truth = votes.truth
    assert truth is not None
    dice = label_dice(labels, truth, votes.map.counts, votes.n_labels)
    shown = [place for place in range(1, votes.n_labels) if looked_for[place] and not np.isnan(dice[place])]
    names = {place: str(votes.map.labels[place]) for place in shown}
    apart = {names[place]: _distances(labels == place, truth == place, votes) for place in shown}
    return TruthNumbers(
        dice={names[place]: float(dice[place]) for place in shown},
        hd95={name: None if one is None else hausdorff_95(one) for name, one in apart.items()},
        surface_dice={name: 0.0 if one is None else surface_dice(one, TOLERANCE) for name, one in apart.items()},
    )


def _distances(one: np.ndarray, other: np.ndarray, votes: ImageVotes) -> tuple[np.ndarray, np.ndarray] | None:
    """Distances between two surfaces in mm, both ways; None if one is empty. The votes' box holds all surfaces."""
    spacing = votes.geometry.spacing[::-1]
    codes = votes.map.codes.reshape(votes.map.codes.shape[3 - len(spacing) :])
    return surface_distances(one[codes], other[codes], spacing)

"""How near each label map of an image comes to the true labels."""

from collections.abc import Iterator

import numpy as np

from ..errors import InputError
from ..fusion.planning.ratings import EXCLUDE
from ..fusion.rules.simple import simple
from ..fusion.rules.staple import staple
from ..fusion.rules.weighted import majority
from .image_votes import ImageVotes
from .inputs import ImageInputs
from .measures import label_dice
from .numbers import TruthNumbers

CONSENSUS = "consensus"
RULES = {"majority": majority, "STAPLE": staple, "SIMPLE": simple}
"""What the consensus is compared with: rules that see the candidates' labels only."""


def judge_by_truth(inputs: ImageInputs, votes: ImageVotes) -> dict[str, TruthNumbers]:
    """Compare the consensus, other rules, predictions and candidates with the true labels.

    Names of candidates come with a leading space, so that none is taken for a rule.

    Raises:
        InputError: MedPy is not installed.
    """
    if votes.truth is None:
        return {}
    return {name: _compare(labels, votes.truth, votes) for name, labels in _label_maps(inputs, votes)}


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
    for candidate, labels in zip(inputs.candidates, votes.candidates.patterns.T, strict=True):
        yield source_key(candidate.name), labels


def _compare(labels: np.ndarray, truth: np.ndarray, votes: ImageVotes) -> TruthNumbers:
    """Dice and HD95 for each label that either shows; voxels that the consensus ignores count as its background."""
    dice = label_dice(labels, truth, votes.map.counts, votes.n_labels)
    shown = [place for place in range(1, votes.n_labels) if not np.isnan(dice[place])]
    return TruthNumbers(
        dice={str(votes.map.labels[place]): float(dice[place]) for place in shown},
        hd95={str(votes.map.labels[place]): _hd95(labels == place, truth == place, votes) for place in shown},
    )


def _hd95(one: np.ndarray, other: np.ndarray, votes: ImageVotes) -> float | None:
    """95th percentile of the distances between two surfaces, both ways together, in mm; None where one is empty.

    As MedPy has it. Only the foreground's bounding box is looked at, in which all surfaces lie.
    """
    try:
        from medpy.metric.binary import hd95  # noqa: PLC0415 (only true labels need it)
    except ImportError as error:
        raise InputError("-gt needs MedPy for its distances; pip install 'nnunet-deepstaple[truth]'") from error
    one, other = one[votes.map.codes], other[votes.map.codes]
    if not (one.any() and other.any()):
        return None
    spacing = votes.geometry.spacing[::-1]
    if len(spacing) == 2:
        one, other = one[0], other[0]
    return float(hd95(one, other, voxelspacing=spacing))

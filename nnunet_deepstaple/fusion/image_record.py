"""What ``fusion.json`` says of one image."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..datasets.label_sets import unlike_others
from ..files.fingerprint import Fingerprint
from ..files.geometry import Geometry
from .decision.consensus import Consensus
from .decision.label_maps import LabelCertainty
from .planning.task import ImageTask, Method
from .record.run_record import Calibration, ImageRecord
from .rules.by_name import DECISIONS
from .votes.votes import Votes
from .weights.weights import effective_number


@dataclass(frozen=True)
class ImageResult:
    """What was fused of one image.

    Attributes:
        votes: of its voters; None where each voxel was counted.
        shown: foreground values of each candidate.
        consensus: what the rule answered.
        fused: labels of all voxels.
        geometry: of the image.
        calibration: how shares became probabilities; None where they did not.
    """

    votes: Votes | None
    shown: Sequence[set[int]]
    consensus: Consensus
    fused: LabelCertainty
    geometry: Geometry
    calibration: Calibration | None = None


def record_of(method: Method, task: ImageTask, image: ImageResult) -> ImageRecord:
    """What ``fusion.json`` says of an image."""
    votes, consensus = image.votes, image.consensus
    voxels, weights = image.fused.voxels, consensus.weights
    names = [prediction.name for prediction in task.predictions] if weights is not None else []
    return ImageRecord(
        candidates=[candidate.name for candidate in task.candidates],
        weights=None if weights is None else digits(weights[: len(task.candidates)]),
        weights_by_labels=([] if consensus.by_labels is None else digits(consensus.by_labels[: len(task.candidates)])),
        effective_candidates=None if weights is None else digits(effective_number(weights, consensus.dependence)),
        quality={name: digits(values) for name, values in consensus.quality.items()},
        convergence=dict(consensus.convergence),
        patterns=None if votes is None else len(votes.patterns),
        decision=DECISIONS[consensus.by_dice],
        voxels={str(label): count for label, count in voxels.items()},
        volume={str(label): digits(count * image.geometry.voxel_volume) for label, count in voxels.items() if label},
        warnings=_warnings(task, votes, image.shown, consensus),
        dependence=_dependent_pairs([voter.name for voter in task.voters], consensus.dependence),
        network_trust={name: digits(method.network_trust[name]) for name in names},
        predictions={} if weights is None else dict(zip(names, digits(weights[len(task.candidates) :]), strict=True)),
        soft=[voter.name for voter, path in zip(task.voters, task.soft, strict=False) if path],
        without_image=task.without_image,
        corrected=task.correction,
        ratings=task.ratings,
        annotated=None if task.annotated is None else list(task.annotated),
        calibration=image.calibration,
        files={name: Fingerprint.of(path).as_json for name, path in task.named_files.items()},
    )


def _dependent_pairs(names: Sequence[str], dependence: np.ndarray | None) -> dict[str, dict[str, float]]:
    """Dependence of each voter on those after it, where there is any."""
    if dependence is None:
        return {}
    found = np.triu(dependence, 1)
    return {
        name: {names[other]: digits(row[other]) for other in np.flatnonzero(row).tolist()}
        for name, row in zip(names, found, strict=True)
        if row.any()
    }


def _warnings(task: ImageTask, votes: Votes | None, shown: Sequence[set[int]], consensus: Consensus) -> list[str]:
    warnings = list(consensus.warnings)
    if votes is not None and votes.n_labels == 1:
        warnings.append("every candidate is empty, and so is the consensus")
    if votes is not None:
        warnings += _missed_by_predictions(task, votes)
    if not task.meanings:
        warnings += unlike_others({one.name: found for one, found in zip(task.candidates, shown, strict=True)})
    if not consensus.convergence.get("converged", True):
        warnings.append(f"the rule did not converge in {consensus.convergence['iterations']} iterations")
    return warnings


def _missed_by_predictions(task: ImageTask, votes: Votes) -> list[str]:
    """A sentence for each prediction that lacks a label of every candidate: its network has learned too little."""
    if not task.predictions:
        return []
    shown = [set(np.unique(column).tolist()) for column in votes.patterns.T]
    common = set.intersection(*shown[: len(task.candidates)]) & set(range(1, votes.n_labels))
    lacking = [common - of_prediction for of_prediction in shown[len(task.candidates) :]]
    return [
        f"{prediction.path} lacks label {', '.join(str(votes.labels[label]) for label in sorted(missed))}, "
        f"which every candidate shows; has the network learned it?"
        for prediction, missed in zip(task.predictions, lacking, strict=True)
        if missed
    ]


def digits(value: np.ndarray | float) -> Any:
    """Round to nine digits, which float noise does not change; None for NaN."""
    if isinstance(value, np.ndarray):
        return [digits(one) for one in value]
    return None if np.isnan(value) else float(f"{value:.9g}")

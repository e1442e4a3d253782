"""What ``fusion.json`` says of one image."""

from collections.abc import Sequence

import numpy as np

from ..datasets.label_sets import unlike_others
from ..files.geometry import Geometry
from .fused import Sure
from .job import Job, Method
from .record import Entry
from .rules.by_name import DECISIONS
from .rules.consensus import Consensus
from .votes import Votes
from .weights import effective_number


def entry_of(
    method: Method,
    job: Job,
    votes: Votes | None,
    shown: Sequence[set[int]],
    consensus: Consensus,
    fused: Sure,
    geometry: Geometry,
) -> Entry:
    """What ``fusion.json`` says of an image; each candidate has ``shown`` some foreground values."""
    voxels = fused.voxels
    warnings = list(consensus.warnings)
    if votes is not None and len(votes.labels) == 1:
        warnings.append("every candidate is empty, and so is the consensus")
    if votes is not None:
        warnings += _missed_by_predictions(job, votes)
    warnings += unlike_others({one.name: found for one, found in zip(job.candidates, shown, strict=True)})
    if not consensus.convergence.get("converged", True):
        warnings.append(f"the rule did not converge in {consensus.convergence['iterations']} iterations")
    weights = consensus.weights
    entry: Entry = {
        "candidates": [candidate.name for candidate in job.candidates],
        "weights": None if weights is None else _json(weights[: len(job.candidates)]),
        "effective_candidates": None if weights is None else _json(effective_number(weights)),
        "quality": {name: _json(values) for name, values in consensus.quality.items()},
        "convergence": dict(consensus.convergence),
        "patterns": None if votes is None else len(votes.patterns),
        "decision": DECISIONS[consensus.by_dice],
        "voxels": {str(label): count for label, count in voxels.items()},
        "volume": {str(label): _json(count * geometry.voxel_volume) for label, count in voxels.items() if label},
        "warnings": warnings,
    }
    if weights is not None and job.predictions:
        names = [prediction.name for prediction in job.predictions]
        entry["network_trust"] = {name: _json(method.network_trust[name]) for name in names}
        entry["predictions"] = dict(zip(names, map(_json, weights[len(job.candidates) :]), strict=True))
    if job.corrected:
        entry["corrected"] = job.correction
    if job.ratings:
        entry["ratings"] = job.ratings
    if any(job.soft):
        entry["soft"] = [voter.name for voter, path in zip(job.voters, job.soft, strict=True) if path]
    return entry


def _missed_by_predictions(job: Job, votes: Votes) -> list[str]:
    """A sentence for each prediction that lacks labels which every candidate shows: its network has hardly learned."""
    if not job.predictions:
        return []
    shown = [set(np.unique(column).tolist()) for column in votes.patterns.T]
    common = set.intersection(*shown[: len(job.candidates)]) - {0, len(votes.labels)}
    lacking = [common - of_prediction for of_prediction in shown[len(job.candidates) :]]
    return [
        f"{prediction.path} lacks label {', '.join(str(votes.labels[label]) for label in sorted(missed))}, "
        f"which every candidate shows; has the network learned it?"
        for prediction, missed in zip(job.predictions, lacking, strict=True)
        if missed
    ]


def _json(value: np.ndarray | float) -> object:
    """Nine digits, which float noise does not reach; None for NaN."""
    if isinstance(value, np.ndarray):
        return [_json(one) for one in value]
    return None if np.isnan(value) else float(f"{value:.9g}")

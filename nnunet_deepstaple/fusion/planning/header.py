"""What ``fusion.json`` says of a run as a whole."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from ...datasets.sources.table import rows_of
from ...files.provenance import FileRecord
from ..record.run_record import RunRecord, new_record
from ..weights.joint import JointOptions
from .choice import calibrated_for, smoothing_of
from .request import Request
from .task import ImageTask
from .voters import Voters


def header_of(
    request: Request,
    voters: Voters,
    images: Mapping[str, ImageTask],
    joint: JointOptions | None,
    notes: Sequence[str],
) -> RunRecord:
    """What ``fusion.json`` says of a run, before its images are fused.

    Args:
        request: what is to be fused, and how.
        voters: who votes.
        images: all images of the fusion.
        joint: how images are compared; None where they are not.
        notes: what was decided for the user and found in the input, one sentence each.
    """
    choice, sources = voters.choice, voters.sources
    scored, predictions, smoothing = choice.scored, choice.predictions, smoothing_of(request, choice)
    return new_record(
        choice.name,
        candidates_from=[str(folder.absolute()) for folder in request.folders],
        layout=voters.layout,
        images_from=str(request.images.absolute()) if request.images else None,
        atlas_images_from=str(request.atlas_images.absolute()) if request.atlas_images else None,
        features=joint.features if joint else None,
        patch_radius=joint.radius if joint else None,
        search=joint.search if joint else None,
        disputed_only=request.disputed_only,
        score=scored.score if scored else None,
        weights=scored.weights if scored else None,
        temperature=scored.temperature if scored else None,
        score_trust=scored.score_trust if scored and not choice.own else None,
        score_files=scored.files if scored else [],
        prediction_weight=predictions.weight,
        predictions_from=[str(folder.absolute()) for folder in predictions.folders],
        predictions_out_of_fold=predictions.out_of_fold,
        sources=rows_of(sources) if sources else {},
        sources_from=FileRecord.of(request.sources) if request.sources else None,
        all_annotate=request.all_annotate,
        resample=request.resample,
        soft_candidates=request.soft_candidates,
        decide=request.decision,
        smoothing_mm="half of a voxel's finest side" if smoothing is None else smoothing,
        ignore_below=request.ignore_below,
        ignore_label=voters.ignored,
        inputs=inputs_of(images),
        save_probabilities=request.save_probabilities,
        save_vote_share=request.save_vote_share,
        calibrated=calibrated_for(request, choice),
        ratings=voters.judgement.file,
        corrected_from=str(request.corrected.absolute()) if request.corrected else None,
        notes=list(notes),
    )


def inputs_of(images: Mapping[str, ImageTask]) -> str:
    """One hash of all files that vote, as they are now."""
    states = {
        image: [[name, *task.states[path]] for name, path in sorted(task.named_files.items())]
        for image, task in images.items()
    }
    return hashlib.sha256(json.dumps(states, sort_keys=True).encode(errors="surrogateescape")).hexdigest()

"""From the votes of an image to its numbers."""

import numpy as np

from ..fusion.rules.consensus import decide
from ..fusion.rules.overlap import dice_with, volumes_of
from ..fusion.rules.weighted import vote_shares
from .ballot import Ballot
from .measures import (
    dice_of,
    dice_without_each,
    disputed_share,
    expected_dice,
    sensitivities,
    specificities,
)
from .numbers import ImageNumbers, LabelMapNumbers, Volumes
from .study import Subject
from .true_labels import judge_by_truth


def count_image(subject: Subject, ballot: Ballot) -> ImageNumbers:
    """Compute the numbers of one image.

    Raises:
        InputError: there are true labels, and MedPy is not installed.
    """
    counts, n_labels, fused = ballot.counts, ballot.n_labels, ballot.fused
    consensus = ballot.visible(ballot.consensus)
    table = ballot.voters, counts, n_labels
    weights, n_candidates = ballot.weights, len(subject.candidates)
    own = weights[:n_candidates] / weights[:n_candidates].sum()
    candidates_vote = decide(vote_shares(ballot.candidates, n_labels, own), ballot.candidates, own)
    volumes = volumes_of(*table)
    columns = zip(
        dice_with(ballot.voters, counts, consensus, volumes).tolist(),
        volumes,
        sensitivities(ballot.voters, counts, consensus, n_labels).tolist(),
        specificities(ballot.voters, counts, consensus, n_labels).tolist(),
        dice_without_each(*table, weights).tolist(),
        weights.tolist(),
        strict=True,
    )
    voters = [*subject.candidates, *subject.predictions]
    scores = subject.scores or fused.estimates
    found = [
        LabelMapNumbers(
            name=voter.name,
            weight=None if fused.weights is None else weight,
            dice=dice,
            volumes=_volumes(of_labels, ballot),
            sensitivity=sensitivity,
            specificity=None if np.isnan(specificity) else specificity,
            score=scores.get(voter.name),
            visits=subject.visits.get(voter.name),
            without=without if weight else None,
            rating=fused.ratings.get(voter.name, ""),
        )
        for voter, (dice, of_labels, sensitivity, specificity, without, weight) in zip(voters, columns, strict=True)
    ]
    confirmations = [dice_of(prediction, candidates_vote, counts, n_labels) for prediction in ballot.predictions.T]
    return ImageNumbers(
        image=subject.image,
        page=subject.page,
        candidates=found[:n_candidates],
        predictions=found[n_candidates:],
        volumes=_volumes(np.bincount(consensus, weights=counts, minlength=n_labels), ballot),
        effective=ballot.effective,
        disputed=disputed_share(ballot.candidates, counts, n_labels),
        expected_error=1 - expected_dice(consensus, vote_shares(ballot.voters, n_labels, weights), counts),
        confirmed=float(np.mean(confirmations)) if confirmations else None,
        warnings=list(fused.warnings),
        rating=fused.rating,
        truth=judge_by_truth(subject, ballot),
    )


def _volumes(voxels: np.ndarray, ballot: Ballot) -> Volumes:
    """Volume of each foreground label that a voter shows, from voxels of each label."""
    shown = np.unique(ballot.voters)
    return {
        str(ballot.votes.labels[place]): float(voxels[place]) * ballot.geometry.voxel_volume
        for place in shown.tolist()
        if 0 < place < ballot.n_labels
    }

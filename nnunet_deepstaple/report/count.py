"""From the votes of an image to its numbers."""

import numpy as np

from ..fusion.decision.argmax import decide
from ..fusion.votes.overlap import dice_with, volumes_of
from ..fusion.votes.shares import vote_shares
from ..ranking.measure import match_of_votes
from .image_votes import ImageVotes
from .inputs import ImageInputs
from .measures import dice_of, dice_without_each, disputed_share, expected_dice, sensitivities, specificities
from .numbers import ImageNumbers, LabelMapNumbers, Volumes
from .true_labels import judge_by_truth


def count_image(inputs: ImageInputs, votes: ImageVotes) -> ImageNumbers:
    """Compute the numbers of one image."""
    voters, fused = votes.voters, votes.fused
    consensus = votes.visible(votes.consensus)
    weights, n_candidates = votes.weights, len(inputs.candidates)
    own = weights[:n_candidates] / weights[:n_candidates].sum()
    candidates_vote = decide(vote_shares(votes.candidates, own), votes.candidates, own)
    volumes = volumes_of(voters)
    columns = zip(
        dice_with(voters, consensus, volumes).tolist(),
        volumes,
        sensitivities(voters, consensus).tolist(),
        specificities(voters, consensus).tolist(),
        dice_without_each(voters, weights).tolist(),
        weights.tolist(),
        [*match_of_votes(votes.candidates).tolist(), *(np.nan for _ in inputs.predictions)],
        strict=True,
    )
    named = [*inputs.candidates, *inputs.predictions]
    scores = inputs.scores or fused.estimates
    found = [
        LabelMapNumbers(
            name=voter.name,
            weight=None if fused.weights is None else weight,
            dice=dice,
            volumes=_volumes(of_labels, votes, votes.looked_for(place)),
            sensitivity=sensitivity,
            specificity=None if np.isnan(specificity) else specificity,
            score=scores.get(voter.name),
            visits=inputs.visits.get(voter.name),
            without=without if weight else None,
            rating=fused.ratings.get(voter.name, ""),
            match=None if np.isnan(match) else match,
        )
        for place, (voter, (dice, of_labels, sensitivity, specificity, without, weight, match)) in enumerate(
            zip(named, columns, strict=True)
        )
    ]
    confirmations = [dice_of(prediction, candidates_vote, voters) for prediction in votes.predictions.patterns.T]
    return ImageNumbers(
        image=inputs.image,
        page=inputs.page,
        candidates=found[:n_candidates],
        predictions=found[n_candidates:],
        volumes=_volumes(np.bincount(consensus, weights=voters.counts, minlength=voters.n_labels), votes),
        effective=votes.effective,
        disputed=disputed_share(votes.candidates),
        expected_error=1 - expected_dice(consensus, np.asarray(vote_shares(voters, weights)), voters.counts),
        confirmed=float(np.mean(confirmations)) if confirmations else None,
        warnings=list(fused.warnings),
        rating=fused.rating,
        truth=judge_by_truth(inputs, votes),
    )


def _volumes(voxels: np.ndarray, votes: ImageVotes, looked_for: np.ndarray | None = None) -> Volumes:
    """Volume of each foreground label that any voter shows and that is looked for, from the voxels of each label."""
    shown = np.unique(votes.voters.patterns)
    return {
        str(votes.map.labels[place]): float(voxels[place]) * votes.geometry.voxel_volume
        for place in shown.tolist()
        if 0 < place < votes.n_labels and (looked_for is None or looked_for[place])
    }

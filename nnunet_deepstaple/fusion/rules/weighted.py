"""Rules that are a weighted vote: the weights and the decision that belong to each name."""

from dataclasses import replace

from ..decision.argmax import decide
from ..decision.consensus import Consensus
from ..decision.expected_dice import decide_by_dice, hardly_overlap
from ..votes.overlap import pairwise_dice
from ..votes.shares import vote_shares
from ..votes.votes import Votes
from ..weights.leave_one_out import leave_one_out_weights
from ..weights.spectral import spectral_weights
from ..weights.weights import Weights


def weighted(votes: Votes, weights: Weights | None = None) -> Consensus:
    """Each voter votes with its weight; the label with the largest sum wins.

    For learned weights this is the consensus of Weihsbach et al., "DeepSTAPLE: Learning to Predict Multimodal
    Registration Quality for Unsupervised Domain Adaptation", WBIR 2022, section 2.3; for weights in general, weighted
    voting as in Artaechevarria et al., IEEE TMI 28(8), 2009.

    >>> import numpy as np
    >>> from nnunet_deepstaple.fusion import collect_votes
    >>> one, two, three = np.array([[[0, 1, 1, 1]], [[0, 1, 1, 0]], [[0, 1, 0, 0]]], np.uint8)
    >>> votes = collect_votes([one, two, three])
    >>> votes.paint(weighted(votes, Weights(np.array([0.6, 0.2, 0.2]))).labels)
    array([[0, 1, 1, 1]])

    Args:
        votes: of the K voters.
        weights: of the voters; None for equal ones.

    Returns:
        Winning labels, and each label's share of the weight as its probability.
    """
    weights = weights or Weights.equal(votes.n_voters)
    shares = vote_shares(votes, weights.of_voters)
    labels = decide(shares, votes, weights.of_voters)
    return Consensus(
        labels,
        shares,
        weights.of_voters,
        weights.quality,
        weights.convergence,
        dependence=weights.dependence,
        of_all=weights.of_all,
    )


def majority(votes: Votes, weights: Weights | None = None) -> Consensus:
    """Every voter has one vote; the label with the most votes wins (a plurality for more than two labels).

    Heckemann et al., "Automatic anatomical brain MRI segmentation combining label propagation and decision fusion",
    NeuroImage 33(1), 2006. A tie goes to the smaller label value, so two voters that disagree whether a
    voxel is foreground leave it background.

    >>> import numpy as np
    >>> from nnunet_deepstaple.fusion import collect_votes
    >>> one, two, three = np.array([[[0, 1, 1, 1]], [[0, 1, 1, 0]], [[0, 1, 0, 0]]], np.uint8)
    >>> votes = collect_votes([one, two, three])
    >>> votes.paint(majority(votes).labels)
    array([[0, 1, 1, 0]])

    Args:
        votes: of the K voters.
        weights: ignored.
    """
    del weights
    return weighted(votes)


def spectral(votes: Votes, weights: Weights | None = None) -> Consensus:
    """Each voter votes with its weight by :func:`~..weights.spectral.spectral_weights`.

    Where the voters hardly overlap, which matters most for two voters, the label map has the largest expected Dice
    (:mod:`~..decision.expected_dice`).

    >>> import numpy as np
    >>> from nnunet_deepstaple.fusion import collect_votes
    >>> one, two, three = np.array([[[0, 1, 1, 1]], [[0, 1, 1, 0]], [[0, 1, 0, 0]]], np.uint8)
    >>> votes = collect_votes([one, two, three])
    >>> spectral(votes).weights.round(2)
    array([0.31, 0.54, 0.16])

    Args:
        votes: of the K voters.
        weights: ignored, because the voters' quality is estimated.

    Returns:
        Winning labels, shares of the vote, its weights, and as quality ``centrality``, shape (K,).
    """
    del weights
    dice = pairwise_dice(votes)
    estimated = spectral_weights(dice)
    if not hardly_overlap(dice, estimated.of_voters, estimated.dependence):
        return weighted(votes, estimated)
    consensus = weighted(votes, estimated)
    labels = decide_by_dice(consensus.shares, votes, estimated.of_voters)
    return replace(consensus, labels=labels, by_dice=True)


def leave_one_out(votes: Votes, weights: Weights | None = None) -> Consensus:
    """Each voter votes with its weight by :func:`~..weights.leave_one_out.leave_one_out_weights`.

    >>> import numpy as np
    >>> from nnunet_deepstaple.fusion import collect_votes
    >>> one, two, three = np.array([[[0, 1, 1, 1]], [[0, 1, 1, 0]], [[0, 1, 0, 0]]], np.uint8)
    >>> votes = collect_votes([one, two, three])
    >>> leave_one_out(votes).quality["dice"].round(2)
    array([0.5 , 0.67, 0.67])

    Args:
        votes: of the K voters.
        weights: ignored, because the voters' quality is estimated.

    Returns:
        Winning labels, shares of the vote, its weights, and as quality ``dice`` with the vote of the others, shape
        (K,).
    """
    del weights
    return weighted(votes, leave_one_out_weights(votes))

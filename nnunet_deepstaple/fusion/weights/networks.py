"""What is trusted in an image: scores beside what the candidates tell of each other, and the network's predictions."""

import numpy as np

from .rules.consensus import TIE, decide, silence
from .rules.overlap import dice_with, dice_with_others, volumes_of
from .rules.weighted import vote_shares

POWER, SLACK = 6.0, 1.2
"""Of the odds by which a network is confirmed on average, and what they are multiplied by before (docs/results.md)."""

OVERLAP_POWER = 4.0
"""Of a candidate's Dice with the vote of the others (docs/results.md)."""

SCORE_TRUST = 0.3
"""Of many candidates, scores have less of the trust than the overlap that they lead to (docs/results.md)."""

MANY = 7
"""Candidates of an image from which on their overlap has a say beside scores: among few, two that err alike outvote the
third."""


def score_trust_for(n_candidates: float) -> float:
    """How far weights follow scores by default, for so many candidates an image: see :func:`share_trust`."""
    return SCORE_TRUST if n_candidates >= MANY else 1.0


def share_trust(
    patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray, n_candidates: int, score_trust: float
) -> np.ndarray:
    """Let each candidate's overlap with the vote of the others have a part in its weight.

    A score is what one network found in few visits. It is enough to tell a good vote, and then the vote tells the
    candidates: with d a candidate's Dice with what all others vote, by the scores' weights, the new weights are in
    proportion to scored^t · (d^4)^(1 − t).

    Args:
        patterns: label index of each vote, of the K candidates first and then of the predictions, shape (P, K + M).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
        weights: shape (K + M,), summing to one, by the scores.
        n_candidates: K.
        score_trust: t, from 0 to 1; 1 leaves the weights as they are.

    Returns:
        The new weights, shape (K + M,); those of the candidates have the same sum as before.
    """
    if score_trust == 1:
        return weights
    scored = weights[:n_candidates]
    candidates, of_candidates = patterns[:, :n_candidates], scored / scored.sum()
    shares = vote_shares(candidates, n_labels, of_candidates)
    volumes = volumes_of(candidates, counts, n_labels)
    overlap = dice_with_others(candidates, counts, shares, of_candidates, volumes) ** OVERLAP_POWER
    shared = scored**score_trust * overlap ** (1 - score_trust)
    if shared.sum() <= TIE:  # whom scores trust, nobody overlaps with
        return weights
    return np.concatenate([shared / shared.sum() * scored.sum(), weights[n_candidates:]])


def trust_predictions(
    patterns: np.ndarray,
    counts: np.ndarray,
    n_labels: int,
    weights: np.ndarray,
    n_candidates: int,
    networks: np.ndarray | None = None,
) -> np.ndarray:
    """Take weight from predictions that the candidates' vote does not confirm.

    A prediction keeps of its weight what its network is trusted, times what it is :func:`confirmed` in this image.

    Args:
        patterns: label index of each vote, of the K candidates first and then of the predictions, shape (P, K + M).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
        weights: shape (K + M,), summing to one.
        n_candidates: K.
        networks: trust in the network of each prediction (:func:`network_trust`), shape (M,); None for 1.

    Returns:
        The new weights, shape (K + M,), summing to one.
    """
    dice, best, _ = compared(patterns, counts, n_labels, weights, n_candidates)
    kept = confirmed(dice, best) * (1 if networks is None else networks)
    trusted = np.concatenate([weights[:n_candidates], weights[n_candidates:] * kept])
    return trusted / trusted.sum()


def network_trust(dice: np.ndarray, best: np.ndarray) -> float:
    """Trust in a network, from 0 to 1: the sixth power of what is confirmed on average over images that it predicted.

    Averages tell what single images are too few to tell: a network that the candidates confirm less than they do the
    best of them has learned too little, or what they share, and must not make their vote worse. Odds up to a sixth
    less cost nothing: the best is the best of several, and chance has a part in it (docs/results.md).

    Args:
        dice: of each image's prediction with the candidates' vote, shape (N,).
        best: of each image's best candidate (:func:`best_of`), shape (N,).
    """
    return min(1.0, SLACK * float(confirmed(dice.mean(), best.mean()))) ** POWER


def best_of(apart: float, within: float, n_candidates: int) -> float:
    """What a network is measured by: the Dice of an image's best candidate with the candidates' vote.

    The vote of the others lacks the best, and what is measured by it seems worse than it is; by a vote that it is a
    part of, better. Of many candidates the mean of the two is taken. Of few, the vote is mainly that of its best, and
    says nothing about it.

    Args:
        apart: Dice with the vote of the others.
        within: Dice with the vote of all.
        n_candidates: of the image.
    """
    return (apart + within) / 2 if n_candidates >= MANY else apart


def confirmed(dice: np.ndarray, best: np.ndarray | float) -> np.ndarray:
    """Odds d/(1 − d) of predictions where those of the best candidate are 1, and 1 where d is no worse.

    Odds and not Dice, because among good candidates a little worse is much worse: 0.84 beside 0.94 is two and a
    half times the error. To weigh a network by what it gets wrong in comparison with its annotators is CROWDLAB's way
    (Goh, Tkachenko and Mueller, arXiv:2210.06812, 2022).

    Args:
        dice: of predictions with the candidates' vote.
        best: of the best candidate with the vote of the others.
    """
    return np.divide(dice * (1 - best), best * (1 - dice), out=np.ones(np.shape(dice)), where=np.less(dice, best))


def compared(
    patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray, n_candidates: int
) -> tuple[np.ndarray, float, float]:
    """Dice of each prediction with the candidates' vote, shape (M,), and the best candidate's: apart, and within.

    Apart it is compared with the vote of the others, within with the vote of all.

    Args:
        patterns: label index of each vote, of the K candidates first and then of the predictions, shape (P, K + M).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
        weights: shape (K + M,).
        n_candidates: K.
    """
    silent = silence(patterns[:, :n_candidates], n_labels)
    if silent is not None:  # where no candidate speaks, nothing confirms
        heard = ~silent.all(axis=1)
        patterns, counts = patterns[heard], counts[heard]
    candidates, of_candidates = patterns[:, :n_candidates], weights[:n_candidates] / weights[:n_candidates].sum()
    shares = vote_shares(candidates, n_labels, of_candidates)
    volumes = volumes_of(patterns, counts, n_labels)
    vote = decide(shares, candidates, of_candidates)
    apart = dice_with_others(candidates, counts, shares, of_candidates, volumes[:n_candidates]).max()
    dice = dice_with(patterns, counts, vote, volumes)
    return dice[n_candidates:], float(apart), float(dice[:n_candidates].max())

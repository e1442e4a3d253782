"""How far networks are trusted: compare their predictions with the vote of the candidates."""

import numpy as np

from ..decision.running_vote import RunningVote
from ..votes.overlap import dice_with, volumes_of
from ..votes.structures import dice_of_structures
from ..votes.votes import Votes
from .others import dice_with_others, structure_dice_with_others
from .scores_and_overlap import MANY_CANDIDATES

POWER, SLACK = 6.0, 1.2
"""The average odds by which a network is confirmed are multiplied by the slack, then raised to the power
(docs/results.md)."""


def trust_predictions(
    votes: Votes, weights: np.ndarray, n_candidates: int, networks: np.ndarray | None = None
) -> np.ndarray:
    """Take weight from predictions that the candidates' vote does not confirm.

    A prediction's weight is multiplied by the trust in its network, and by how far this image :func:`confirmed` it.

    Args:
        votes: of the K candidates first and then of the M predictions.
        weights: shape (K + M,), summing to one.
        n_candidates: K.
        networks: trust in the network of each prediction (:func:`network_trust`), shape (M,); None for 1.

    Returns:
        The new weights, shape (K + M,), summing to one.
    """
    dice, best, _ = compared(votes, weights, n_candidates)
    kept = confirmed(dice, best) * (1 if networks is None else networks)
    trusted = np.concatenate([weights[:n_candidates], weights[n_candidates:] * kept])
    return trusted / trusted.sum()


def network_trust(dice: np.ndarray, best: np.ndarray) -> float:
    """Trust in a network, from 0 to 1: the sixth power of how far it is confirmed, on average over its images.

    An average shows what a single image cannot show. The candidates may confirm a network less than they confirm the
    best candidate. Then the network has learned too little, or it has learned the errors that they share. It must not
    make their vote worse. Odds that are lower by up to a sixth cost nothing, because the best of several candidates is
    partly best by chance (docs/results.md).

    Args:
        dice: of each image's prediction with the candidates' vote, shape (N,).
        best: of each image's best candidate (:func:`best_of`), shape (N,).
    """
    return min(1.0, SLACK * float(confirmed(dice.mean(), best.mean()))) ** POWER


def best_of(apart: float, within: float, n_candidates: float) -> float:
    """Dice of an image's best candidate with the candidates' vote, which a network is compared with.

    The vote of the others lacks the best candidate, so its Dice with that vote is too low. Its Dice with the vote of
    all is too high. Of many candidates we take the mean. Of few, the vote of all is mainly that of the best one and
    says nothing about it, so we take the Dice with the others.

    Args:
        apart: Dice with the vote of the others.
        within: Dice with the vote of all.
        n_candidates: of the image (:func:`annotators`).
    """
    return (apart + within) / 2 if n_candidates >= MANY_CANDIDATES else apart


def confirmed(dice: np.ndarray, best: np.ndarray | float) -> np.ndarray:
    """Odds d/(1 − d) of predictions, divided by the odds of the best candidate; at most 1.

    Odds are used instead of Dice, because among good candidates a small difference of Dice is a large difference of
    error: a Dice of 0.84 has more than two and a half times the error of 0.94. CROWDLAB also weighs a network by
    comparing its errors with those of its annotators (Goh, Tkachenko and Mueller, arXiv:2210.06812, 2022).

    Args:
        dice: of predictions with the candidates' vote.
        best: of the best candidate with the vote of the others.
    """
    return np.divide(dice * (1 - best), best * (1 - dice), out=np.ones(np.shape(dice)), where=np.less(dice, best))


def compared(votes: Votes, weights: np.ndarray, n_candidates: int) -> tuple[np.ndarray, float, float]:
    """Dice of each prediction with the candidates' vote, shape (M,), and two Dice of the best candidate.

    The first of these two is with the vote of the others, the second with the vote of all. Where candidates do not look
    for the same, each structure has its own best candidate, and all three are means over the structures.

    Args:
        votes: of the K candidates first and then of the M predictions.
        weights: shape (K + M,).
        n_candidates: K.
    """
    candidates = votes.of_voters(slice(n_candidates))
    if candidates.silence is not None:  # where all candidates abstain, there is no vote to compare with
        votes = votes.of_patterns(candidates.heard)
    candidates, of_candidates = votes.of_voters(slice(n_candidates)), weights[:n_candidates]
    of_candidates = of_candidates / of_candidates.sum()
    running = RunningVote(candidates)
    running.again(of_candidates)
    if votes.meanings is not None and candidates.meanings is not None:
        within = dice_of_structures(votes, votes.meanings, running.labels)
        without = structure_dice_with_others(candidates, candidates.meanings, of_candidates)
        return _over_structures(within[n_candidates:], without, within[:n_candidates])
    volumes = volumes_of(votes)
    apart = dice_with_others(running, of_candidates, volumes[:n_candidates]).max()
    dice = dice_with(votes, running.labels, volumes)
    return dice[n_candidates:], float(apart), float(dice[:n_candidates].max())


def annotators(candidates: Votes) -> float:
    """Number of candidates that look for a structure, the mean over the structures that any of them looks for."""
    if candidates.meanings is None:
        return candidates.n_voters
    looking = candidates.meanings.looked_for.sum(axis=0)
    return float(looking[looking > 0].mean()) if looking.any() else 0.0


def _over_structures(dice: np.ndarray, apart: np.ndarray, within: np.ndarray) -> tuple[np.ndarray, float, float]:
    """What :func:`compared` returns, from the Dice for each of N structures; NaN where there is none.

    Args:
        dice: of the predictions, shape (M, N).
        apart: of the candidates with the vote of the others, shape (K, N).
        within: of the candidates with the vote of all, shape (K, N).
    """
    known = np.isfinite(apart).any(axis=0) & np.isfinite(dice).all(axis=0)
    if not known.any():
        return np.ones(len(dice)), 1.0, 1.0
    apart, within = (np.nanmax(one[:, known], axis=0) for one in (apart, within))
    return dice[:, known].mean(axis=1), float(apart.mean()), float(within.mean())

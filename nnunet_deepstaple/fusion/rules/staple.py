"""STAPLE: estimate the truth and the candidates' quality together, one label against the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..decision.argmax import decide
from ..decision.consensus import Consensus
from ..votes.shares import Shares
from ..votes.votes import Votes, merge_equal
from ..weights.weights import Weights

TOLERANCE = 1e-7
"""The iteration ends when no sensitivity or specificity changes by more than this, as in ITK's STAPLEImageFilter."""

MAX_ITERATIONS = 10_000
"""ITK has no limit; images with any information in their votes need a few tens of iterations."""

_SILENT = 2
"""Marks the vote of a candidate that abstains; 1 is a vote for a label, 0 a vote against it."""

NEGLIGIBLE = 1e-6
"""Probabilities below this are set to zero, so that a pattern keeps only the labels that it may have."""

TINY = 1e-300
"""Replaces zero in logarithms, so that evidence stays finite where two candidates that are certain contradict."""


def staple(votes: Votes, weights: Weights | None = None, *, disputed_only: bool = False) -> Consensus:
    """Simultaneous truth and performance level estimation.

    Warfield, Zou and Wells, IEEE TMI 23(7), 2004: expectation maximisation over the hidden truth, with a sensitivity
    and a specificity for each candidate. With equal weights and two labels it is ITK's STAPLEImageFilter. The truth
    starts as the mean vote. The prior is the mean vote over the whole image, and it does not change. With more labels,
    each label, also the background, is estimated against the rest, and the probabilities are scaled to sum to one. A
    vote for one of several labels says nothing about each single one of them. Where an image has such votes, the
    background is the region where no other label is.

    >>> import numpy as np
    >>> from nnunet_deepstaple.fusion import collect_votes
    >>> one, two, three = np.array([[[0, 1, 1, 1]], [[0, 1, 1, 0]], [[0, 1, 0, 0]]], np.uint8)
    >>> votes = collect_votes([one, two, three])
    >>> staple(votes).quality["sensitivity"][:, 1].round(2)
    array([1. , 1. , 0.5])

    Args:
        votes: of the K candidates.
        weights: of the votes in that first mean; None for equal ones. They rarely change the result, because the
            candidates' quality is estimated.
        disputed_only: estimate only from the voxels on which candidates differ; the other voxels keep their label. The
            image-wide estimate changes with the amount of background around an object; this one does not.

    Returns:
        Winning labels, probabilities, and as quality ``sensitivity`` and ``specificity``, shape (K, L); NaN where
        a label never or always occurs, so that there is nothing to estimate from.
    """
    n_labels, of_voters = votes.n_labels, (weights or Weights.equal(votes.n_voters)).of_voters
    unanimous, label = _unanimous(votes)
    region = np.where(unanimous, 0, votes.counts) if disputed_only else votes.counts
    if n_labels == 2 and votes.meanings is None:
        foreground = _one_against_rest(*_votes_on(1, votes), region, of_voters)
        classes = [foreground.swapped(), foreground]
    else:
        classes = [_one_against_rest(*_votes_on(one, votes), region, of_voters) for one in range(n_labels)]
    if votes.meanings is not None:  # few voters mark the background alone
        truth = np.prod([1 - one.truth for one in classes[1:]], axis=0, initial=1.0)
        classes[0] = replace(classes[0], truth=np.broadcast_to(truth, len(votes.patterns)))
    if disputed_only:
        classes = [one.settled(unanimous, label == index) for index, one in enumerate(classes)]
    shares = _shares(classes, len(votes.patterns))
    return Consensus(
        decide(shares, votes),
        shares,
        quality={
            "sensitivity": np.stack([one.sensitivity for one in classes], axis=1),
            "specificity": np.stack([one.specificity for one in classes], axis=1),
        },
        convergence={
            "iterations": max(one.iterations for one in classes),
            "converged": all(one.iterations < MAX_ITERATIONS for one in classes),
        },
    )


@dataclass(frozen=True)
class _Estimate:
    """Probability of one label, and the candidates' quality.

    Attributes:
        rows: patterns in which a candidate votes for the label or says nothing about it, ascending, shape (N,).
        truth: probability of the label in each of them, shape (N,).
        elsewhere: its probability in each other pattern.
        sensitivity: of each candidate, shape (K,).
        specificity: of each candidate, shape (K,).
        iterations: until the estimate settled.
    """

    rows: np.ndarray
    truth: np.ndarray
    elsewhere: float
    sensitivity: np.ndarray
    specificity: np.ndarray
    iterations: int

    def swapped(self) -> "_Estimate":
        """The same for the other of two labels."""
        return _Estimate(
            self.rows, 1 - self.truth, 1 - self.elsewhere, self.specificity, self.sensitivity, self.iterations
        )

    def settled(self, where: np.ndarray, here: np.ndarray) -> "_Estimate":
        """The same, but certain in some patterns.

        Args:
            where: these patterns, shape (P,), bool.
            here: whether the label is there, shape (P,), bool.
        """
        truth = np.full(len(where), self.elsewhere)
        truth[self.rows] = self.truth
        rows = np.union1d(self.rows, np.flatnonzero(where & (here | (self.elsewhere > 0))))
        return replace(self, rows=rows, truth=np.where(where, here, truth)[rows])


def _shares(classes: Sequence[_Estimate], n_patterns: int) -> Shares:
    """Probabilities of the labels in each pattern, scaled to sum to one; those that are negligible become zero."""
    total = np.zeros(n_patterns)
    for one in classes:
        everywhere = np.full(n_patterns, one.elsewhere)
        everywhere[one.rows] = one.truth
        total += everywhere
    least, found = NEGLIGIBLE * total.min(initial=np.inf), []
    for label, one in enumerate(classes):
        found.append((one.rows, np.full(len(one.rows), label), one.truth / total[one.rows]))
        if one.elsewhere > least:
            others = np.ones(n_patterns, bool)
            others[one.rows] = False
            rows = np.flatnonzero(others)
            found.append((rows, np.full(len(rows), label), one.elsewhere / total[rows]))
    rows, labels, values = (np.concatenate(each) for each in zip(*found, strict=True))
    kept = np.flatnonzero(values >= NEGLIGIBLE)
    kept = kept[np.argsort(rows[kept] * len(classes) + labels[kept], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows[kept], minlength=n_patterns))])
    shares = Shares(len(classes), labels[kept].astype(np.min_scalar_type(len(classes))), values[kept], starts)
    return replace(shares, values=shares.values / shares.sums(shares.values)[shares.rows])


def _unanimous(votes: Votes) -> tuple[np.ndarray, np.ndarray]:
    """Whether all candidates that do not abstain agree, shape (P,), and on which label; background if all abstain."""
    patterns, silent = votes.patterns, votes.silence
    if votes.meanings is not None:
        lowest = patterns.min(axis=1)
        label = np.where(lowest >= votes.n_labels, 0, lowest)
        return votes.meanings.sets[patterns, label[:, np.newaxis]].all(axis=1), label
    if silent is None:
        return (patterns == patterns[:, :1]).all(axis=1), patterns[:, 0]
    lowest = patterns.min(axis=1)
    return ((patterns == lowest[:, np.newaxis]) | silent).all(axis=1), np.where(lowest == votes.n_labels, 0, lowest)


def _votes_on(label: int, votes: Votes) -> tuple[np.ndarray, np.ndarray]:
    """Patterns in which a label is voted for or may be, shape (N,), and the votes for and against it there.

    The votes have shape (N, K): bool, or uint8 with :data:`_SILENT` where candidates abstain.
    """
    if votes.silence is None and votes.meanings is None:
        sides = votes.sides.of_label(label)
        return votes.sides.rows[sides], votes.sides.members(sides).view(bool)
    everything, given, silent = np.arange(len(votes.patterns)), votes.patterns == label, votes.silence
    if votes.meanings is not None:  # a vote for one of several labels says nothing about each
        sets = votes.meanings.sets
        silent = (sets[:, label] & (sets.sum(axis=1) > 1))[votes.patterns]
    return everything, given if silent is None else np.where(silent, np.uint8(_SILENT), given.view(np.uint8))


def _one_against_rest(places: np.ndarray, votes: np.ndarray, region: np.ndarray, weights: np.ndarray) -> _Estimate:
    """Estimate where one label is.

    Args:
        places: patterns in which it is voted for or may be, shape (N,); in the others, nobody votes for it.
        votes: on it in these patterns (:func:`_votes_on`), shape (N, K).
        region: voxels of each pattern that count, shape (P,).
        weights: of the votes in the first mean, shape (K,).
    """
    counts, rest = region[places], len(places) < len(region)
    if rest:
        votes = np.concatenate([votes, np.zeros((1, votes.shape[1]), votes.dtype)])
        counts = np.append(counts, region.sum() - counts.sum())
    votes, counts, rows = merge_equal(votes, counts)
    speaking: np.ndarray | None = None  # None where nobody abstains
    if votes.dtype != bool:
        votes, speaking = votes == 1, votes != _SILENT
        counts = np.where(speaking.any(axis=1), counts, 0)
    total = counts.sum()
    truth = _mean_vote(votes, speaking, weights)
    prior = float(counts @ truth) / total if total else 0.0
    if prior in (0.0, 1.0):
        nothing = np.full(votes.shape[1], np.nan)
        certain = np.ones(votes.shape[1])
        sensitivity, specificity = (nothing, certain) if prior == 0 else (certain, nothing)
        return _estimate(places, truth[rows], sensitivity, specificity, 0)
    prior_logit = np.log(prior) - np.log1p(-prior)
    hit, alarm = np.full((2, votes.shape[1]), np.inf)
    iterations = 0
    while iterations < MAX_ITERATIONS:
        iterations += 1
        previous = hit, alarm
        mass = np.stack([counts * truth, counts * (1 - truth)])
        heard = mass.sum(axis=1, keepdims=True) if speaking is None else _votes_for(speaking, mass)
        hit, alarm = _votes_for(votes, mass) / np.maximum(heard, TINY)  # eq. 18 and 19
        against = _log(1 - hit) - _log(1 - alarm)  # what a vote against the label tells
        all_against = against.sum() if speaking is None else _evidence(speaking, against)
        logit = prior_logit + all_against + _evidence(votes, _log(hit) - _log(alarm) - against)
        truth = 1 / (1 + np.exp(np.minimum(-logit, 700)))  # eq. 14
        if max(np.abs(hit - previous[0]).max(), np.abs(alarm - previous[1]).max()) <= TOLERANCE:
            break
    return _estimate(places, truth[rows], hit, 1 - alarm, iterations)


def _estimate(
    places: np.ndarray, truth: np.ndarray, sensitivity: np.ndarray, specificity: np.ndarray, iterations: int
) -> _Estimate:
    """The estimate; if ``truth`` has one entry more than ``places``, the last one is that of all other patterns."""
    elsewhere = float(truth[-1]) if len(truth) > len(places) else 0.0
    return _Estimate(places, truth[: len(places)], elsewhere, sensitivity, specificity, iterations)


def _mean_vote(votes: np.ndarray, speaking: np.ndarray | None, weights: np.ndarray) -> np.ndarray:
    """Share of the weight for the label among candidates that do not abstain, shape (P,); 0 where all abstain."""
    share = _evidence(votes, weights)
    if speaking is None:
        return np.where(votes.all(axis=1), 1, np.minimum(share, 1))  # the sums are rounded
    share = np.minimum(share / np.maximum(_evidence(speaking, weights), TINY), 1)
    return np.where((votes == speaking).all(axis=1) & votes.any(axis=1), 1, share)


def _votes_for(votes: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Mass of the patterns in which each candidate votes for the label: (M, P) · (P, K) = (M, K)."""
    total = np.zeros((len(mass), votes.shape[1]))
    for rows in _in_cache(votes):
        total += mass[:, rows] @ votes[rows].astype(float)
    return total


def _evidence(votes: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """What the votes for the label are worth in each pattern: (P, K) · (K) = (P)."""
    return np.concatenate([votes[rows].astype(float) @ worth for rows in _in_cache(votes)])


def _in_cache(votes: np.ndarray) -> list[slice]:
    """Slices of the patterns whose votes, as floats, fit in a cache."""
    step = max((1 << 16) // votes.shape[1], 1)
    return [slice(start, start + step) for start in range(0, len(votes), step)]


def _log(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities, TINY))

"""Votes × weights = shares: which part of the vote each label has in each pattern."""

import numpy as np

from .meanings import Meanings
from .partial_shares import partial_shares
from .votes import Votes

_CHUNK = 1 << 17
"""Votes that are counted, or sums that are computed, at once, so that the work fits in a cache."""


def vote_shares(votes: Votes, weights: np.ndarray) -> np.ndarray:
    """Share of the weights, shape (K,), that each label gets in each pattern, shape (P, L).

    A vote for one of several labels is divided among them. The ratio comes from all votes (:mod:`.partial_shares`).
    A candidate that abstains leaves its weight to the others. If all others have weight zero, they vote with equal
    weights. Where all abstain, the background has the whole share. The sums run from the heaviest candidate to the
    lightest, so that they do not depend on the candidates' order.
    """
    order = np.argsort(-weights, kind="stable")[: np.count_nonzero(weights)]
    patterns, n_labels, silent = votes.patterns, votes.n_labels, votes.silence
    width = n_labels if silent is None else n_labels + 1
    if votes.meanings is not None:
        width = len(votes.meanings.sets)
    shares = np.empty((len(patterns), width))
    step = max(_CHUNK // max(len(order), width), 1)
    for start in range(0, len(patterns), step):
        some = patterns[start : start + step, order]
        cells = some + width * np.arange(len(some))[:, np.newaxis]
        sums = np.bincount(cells.ravel(), np.tile(weights[order], len(some)), width * len(some))
        shares[start : start + step] = sums.reshape(-1, width)
    if votes.meanings is not None:
        return _shares_of_sets(shares, votes, votes.meanings)
    if silent is None:
        return shares
    return _among_those_who_speak(shares[:, :n_labels], patterns, silent)


def _shares_of_sets(given: np.ndarray, votes: Votes, meanings: Meanings) -> np.ndarray:
    """Share of each label, shape (P, L), from the weight of each set of labels, shape (P, M)."""
    several = (votes.patterns > votes.n_labels).any(axis=1)
    shares = np.empty((len(given), votes.n_labels))
    plain, patterns = given[~several, : votes.n_labels], votes.patterns[~several]
    shares[~several] = _among_those_who_speak(plain, patterns, patterns == votes.n_labels)
    partial, patterns = given[several], votes.patterns[several]
    partial[:, votes.n_labels] = 0  # of those who abstain
    for row in np.flatnonzero(partial.sum(axis=1) == 0):  # no voter with a weight votes here
        partial[row] = np.bincount(patterns[row][patterns[row] != votes.n_labels], minlength=len(meanings.sets))
    shares[several] = partial_shares(partial, meanings.sets)
    return shares


def _among_those_who_speak(sums: np.ndarray, patterns: np.ndarray, silent: np.ndarray) -> np.ndarray:
    """Scale the sums of the weights, shape (P, L), to shares, in the patterns in which candidates abstain."""
    n_labels = sums.shape[1]
    rows = np.flatnonzero(silent.any(axis=1))
    shares, total = sums[rows], sums[rows].sum(axis=1)
    for row in np.flatnonzero(total == 0):
        speaking = patterns[rows[row]][~silent[rows[row]]]
        shares[row] = np.bincount(speaking, minlength=n_labels) if speaking.size else np.eye(n_labels)[0]
    sums[rows] = shares / shares.sum(axis=1, keepdims=True)
    return sums

"""Shares of votes that are sets of labels: a voter that did not look for the spleen says "spleen or background"."""

import numpy as np

_TOLERANCE = 1e-7
"""A share that changes by less than this in one step is final."""

_CYCLES = 60
"""Largest number of cycles, each of two steps and a jump; nearly all patterns need fewer than ten."""

_LEAST = 1e-3
"""A jump leaves at least this part of each share, because a share of zero could never grow again."""

_CHUNK = 1 << 21
"""Products computed at once."""


def partial_shares(given: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Share of each label, where each vote is a set of labels and the voter means one of them.

    The shares p make the votes most likely. They are the fixed point of

        p_l  ∝  Σ_k w_k [l ∈ S_k] p_l / Σ_{m ∈ S_k} p_m.

    This is expectation maximisation (Dempster, Laird and Rubin, JRSS B 39(1), 1977) for partial labels (Jin and
    Ghahramani, "Learning with multiple labels", NIPS 2002). Each voter divides its vote among the labels of its set.
    It divides it in the ratio of the shares that all voters together give these labels. Where each set has one label,
    this is the plain vote. SQUAREM makes the steps faster (Varadhan and Roland, Scandinavian Journal of Statistics
    35(2), 2008).

    At the start, a vote counts for the background if its set holds the background. Else it counts equally for each
    label of its set. A label with no share at the start is nowhere better than the background, and it gets no share.

    Args:
        given: weight of all votes for each of the M sets, shape (P, M); a row without any weight is background.
        sets: labels of each set, shape (M, L), bool; label 0 is the background.

    Returns:
        Shape (P, L), rows sum to one.
    """
    shares = np.empty((len(given), sets.shape[1]))
    step = max(_CHUNK // sets.size, 1)
    membership = sets.astype(float)
    for start in range(0, len(given), step):
        shares[start : start + step] = _solved(given[start : start + step], membership)
    return shares


def _solved(given: np.ndarray, sets: np.ndarray) -> np.ndarray:
    total = given.sum(axis=1, keepdims=True)
    given = np.divide(given, total, out=np.zeros(given.shape), where=total > 0)
    given[total[:, 0] == 0, 0] = 1  # set 0 is the background alone
    shares = given @ _first_guess(sets)
    open_ = np.arange(len(given))
    for _ in range(_CYCLES):
        some, weights = shares[open_], given[open_]
        once, _ = _step(some, weights, sets)
        twice, likelihood = _step(once, weights, sets)
        moved = np.abs(twice - some).max(axis=1)
        jumped, reached = _step(_jump(some, once, twice), weights, sets)
        better = reached >= likelihood
        shares[open_] = np.where(better[:, np.newaxis], jumped, twice)
        open_ = open_[moved > _TOLERANCE]
        if not open_.size:
            break
    return shares


def _first_guess(sets: np.ndarray) -> np.ndarray:
    """How each set divides its vote at first, shape (M, L)."""
    guess = np.where(sets[:, :1] > 0, np.eye(sets.shape[1])[0], sets)
    return guess / guess.sum(axis=1, keepdims=True)


def _step(shares: np.ndarray, given: np.ndarray, sets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One step of expectation maximisation, and the log-likelihood before it."""
    of_sets = shares @ sets.T
    ratio = np.divide(given, of_sets, out=np.zeros(given.shape), where=given > 0)
    logarithms = np.log(of_sets, out=np.zeros(given.shape), where=given > 0)
    return shares * (ratio @ sets), (given * logarithms).sum(axis=1)


def _jump(start: np.ndarray, once: np.ndarray, twice: np.ndarray) -> np.ndarray:
    """Extrapolate the shares from two steps (SQUAREM)."""
    first, bend = once - start, twice - 2 * once + start
    length, bent = (np.linalg.norm(one, axis=1, keepdims=True) for one in (first, bend))
    stride = np.divide(length, bent, out=np.ones(length.shape), where=bent > 0)
    ahead = start + 2 * stride * first + stride**2 * bend
    ahead = np.maximum(ahead, _LEAST * twice)
    return ahead / ahead.sum(axis=1, keepdims=True)

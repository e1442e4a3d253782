"""How good each source is: its Dice with the true labels, estimated from matches and, where there are any, truths.

A source's Dice in an image is modelled as C · m + d + e. The match m is measured on every image (:mod:`.match`). The
ceiling C is the Dice of the common label with the truth: errors that all sources share, which no agreement shows. The
deviation d is that of one source: it may share more or fewer of those errors than the others; e is that of one image.

Without true labels, C and d are not known but assumed, and the interval carries that assumption. With some, both are
estimated from them, the assumption counting as a prior (:mod:`.own_errors`). Images with truth count by their truth,
images without it by their matches (prediction-powered inference, Angelopoulos et al., Science 382, 2023).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from .ceiling import NORMAL, SPREAD, SPREAD_WEIGHT, Ceiling, FoundCeiling, ceiling_of
from .own_errors import own_errors

N_DRAWS = 1000
_SEED = 26

_POOLED_WEIGHT, _POOLED_FREEDOM = 1, 2
"""As how many images of a source the variance that all sources show counts, and how many more degrees of freedom it
adds, since it is better known than that of so few images."""

_ROUNDS = 50


@dataclass(frozen=True)
class Estimate:
    """Estimated Dice of K sources with the true labels.

    Attributes:
        dice: shape (K,); NaN where nothing can be said.
        draws: of it, as the images, the ceiling and the deviations might be, shape (N_DRAWS, K).
        ceiling: what is known of C.
        variance: mean over the sources of what makes the draws vary: images, ceiling, deviations.
    """

    dice: np.ndarray
    draws: np.ndarray
    ceiling: FoundCeiling
    variance: tuple[float, float, float]

    @property
    def interval(self) -> np.ndarray:
        """Ends of the 95 % interval, shape (2, K)."""
        return np.percentile(self.draws, (2.5, 97.5), axis=0)


def estimate(match: np.ndarray, truth: np.ndarray | None = None, assumed: Ceiling | None = None) -> Estimate:
    """Estimate the mean Dice of each source over images like these.

    Images are the units of the bootstrap (the Bayesian one: Rubin, Annals of Statistics 9(1), 1981), for few images
    widened as Student's t is. An image that a source lacks neither helps nor hurts it: image and source add up. What
    the bootstrap cannot show of a source with few images comes from how much all sources vary (:func:`_unseen`).

    Args:
        match: of each source in each image, shape (N, K); NaN where there is none.
        truth: Dice of each source with the true labels, shape (N, K); NaN where nobody knows it.
        assumed: of the ceiling; None as in :func:`~.ceiling.assumed_ceiling`.
    """
    rng = np.random.default_rng(_SEED)
    true = truth if truth is not None else np.full(match.shape, np.nan)
    known = np.isfinite(match)
    both = known & np.isfinite(true)
    ceiling = ceiling_of(match, true, assumed)
    own = own_errors(true - ceiling.mean * match, match, ceiling.mean)
    expected = np.where(both, true, ceiling.mean * match + own.deviation)
    guessed = np.where(known, np.where(both, 0, match), np.nan)
    weights = np.vstack([np.ones(len(match)), rng.standard_exponential((N_DRAWS, len(match)))])
    means, of_matches = source_means(expected, weights), source_means(guessed, weights[:1])[0]
    dice = np.clip(means[0], 0, 1)
    images = (means[1:] - means[0]) * _widening(int(known.any(axis=1).sum()))
    images += _unseen(expected, means[0]) * rng.standard_normal(images.shape)
    ceilings = ceiling.deviation * stats.norm.ppf(_evenly(rng)) * of_matches
    deviations = own.uncertainty * rng.standard_normal(images.shape)
    variance = (
        float(np.nanmean(images.var(axis=0))),
        float(np.nanmean(of_matches**2)) * ceiling.deviation**2,
        float(np.nanmean(own.uncertainty**2)),
    )
    draws = np.clip(means[0] + images + ceilings + deviations, 0, 1)
    return Estimate(dice, draws, ceiling, variance)


def _evenly(rng: np.random.Generator) -> np.ndarray:
    """Probabilities at equal distances in random order, shape (N_DRAWS, 1): with them, intervals waver less."""
    return rng.permutation((np.arange(N_DRAWS) + 0.5) / N_DRAWS)[:, np.newaxis]


def more_truths(found: Estimate) -> int:
    """How many more images with true labels would halve the mean width of the intervals; 0 where none would.

    The part of the interval that the choice of images makes stays as it is.
    """
    images, of_ceiling, of_deviations = found.variance
    aim, spread = sum(found.variance) / 4, found.ceiling.spread**2
    of_one = found.ceiling.deviation**2
    for more in range(1, 1001):
        ceiling = of_ceiling / (1 + more * of_one / spread)
        deviations = of_deviations / (1 + more * of_deviations / spread)
        if images + ceiling + deviations <= aim:
            return more
    return 0


def source_means(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean of each source over all images, as if it had them all: value = of the image + of the source.

    Args:
        values: shape (N, K); NaN where a source lacks the image.
        weights: of the images, one row a draw, shape (B, N).

    Returns:
        Shape (B, K); NaN where a source has no image.
    """
    known = np.isfinite(values)
    used = known.any(axis=1)
    filled, there = np.where(known, values, 0)[used], known[used].astype(float)
    weights = weights[:, used] / weights[:, used].sum(axis=1, keepdims=True)
    total = weights @ there
    per_image = there.sum(axis=1)
    sources = np.zeros((len(weights), values.shape[1]))
    for _ in range(1 if known[used].all() else _ROUNDS):
        images = (filled.sum(axis=1) - sources @ there.T) / per_image
        sources = (weights @ filled - (weights * images) @ there) / np.where(total > 0, total, np.nan)
        sources = np.nan_to_num(sources)
    means = sources + (weights * images).sum(axis=1, keepdims=True)
    return np.where(known.any(axis=0), means, np.nan)


def _widening(n_images: int) -> float:
    """How much wider than the Bayesian bootstrap's the interval of a mean over so many images is."""
    if n_images < 2:
        return 1.0
    return float(stats.t.ppf(0.975, n_images - 1) / NORMAL * np.sqrt((n_images + 1) / (n_images - 1)))


def _unseen(match: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Standard deviation that the bootstrap leaves out of the mean of a source with few images, shape (K,).

    With one image it sees none at all. How much a source varies between images is taken from its own images and, as
    one more (:data:`_POOLED_WEIGHT`), from those of all sources and what is assumed.

    Args:
        match: shape (N, K); NaN where there is none.
        means: of the sources, shape (K,).
    """
    known = np.isfinite(match)
    apart = np.where(known, match - means, 0)
    count, per_image = known.sum(axis=0), np.maximum(known.sum(axis=1, keepdims=True), 1)
    rest = np.where(known, apart - apart.sum(axis=1, keepdims=True) / per_image, 0)
    squares = (rest**2).sum(axis=0)
    freedom = max(int(known.sum()) - int(known.any(axis=1).sum()) - int((count > 0).sum()) + 1, 0)
    pooled = (SPREAD_WEIGHT * SPREAD**2 + squares.sum()) / (SPREAD_WEIGHT + freedom)
    own = _POOLED_WEIGHT + np.maximum(count - 1, 0)
    variance = (_POOLED_WEIGHT * pooled + squares) / own * (stats.t.ppf(0.975, own + _POOLED_FREEDOM) / NORMAL) ** 2
    found: np.ndarray = np.sqrt(np.maximum(variance - squares / np.maximum(count, 1), 0) / np.maximum(count, 1))
    return found

"""How good each source is: its Dice with the true labels, estimated from matches and, where there are any, truths.

A source's Dice is modelled as C · m + d. The match m is measured on every image (:mod:`.match`). The ceiling C is the
Dice of the common label with the truth: errors that all sources share, which no agreement shows. The deviation d is
that of one source: it may share more or fewer of those errors than the others. Without true labels, C and d are not
known but assumed, and the interval carries that assumption. With some, both are estimated from them, the assumption
counting as a prior; images without truth go on to tell how good the source is on them (prediction-powered inference,
Angelopoulos et al., Science 382, 2023).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

N_DRAWS = 1000
_NORMAL = float(stats.norm.ppf(0.975))
_SEED = 26

DEVIATION = 0.02
"""Standard deviation of d between sources that is assumed without truths."""

_SPREAD, _SPREAD_WEIGHT = 0.05, 2
"""Standard deviation of C between images that is assumed, and as how many images the assumption counts."""

_POOLED_WEIGHT, _POOLED_FREEDOM = 1, 2
"""As how many images of a source the variance that all sources show counts, and how many more degrees of freedom it
adds, since it is better known than that of so few images."""

_EQUAL = 1e-6
"""Matches that differ by less are those of two sources of which only one Dice is known."""

_DEVIATION_WEIGHT = 4
"""As how many sources the assumed deviation counts."""

_ROUNDS = 50


@dataclass(frozen=True)
class Ceiling:
    """What is assumed of the Dice between the common label and the truth: 95 % lie between ``low`` and ``high``."""

    low: float = 0.8
    high: float = 1.0

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    @property
    def deviation(self) -> float:
        """Standard deviation."""
        return (self.high - self.low) / (2 * _NORMAL)


@dataclass(frozen=True)
class FoundCeiling:
    """What is known of the ceiling.

    Attributes:
        mean: of it.
        deviation: its standard deviation: how far it may be from the mean.
        spread: its standard deviation between images.
        freedom: degrees of freedom of the deviation; None where nothing was measured.
    """

    mean: float
    deviation: float
    spread: float
    freedom: int | None

    def of_images(self, match: np.ndarray) -> np.ndarray:
        """Expected Dice of single images and the ends of its 95 % interval, shape (3, N), by their matches, (N,)."""
        quantile = stats.norm.ppf(0.975) if self.freedom is None else stats.t.ppf(0.975, self.freedom)
        wide = float(quantile * np.hypot(self.deviation, self.spread))
        return np.clip([self.mean * match, (self.mean - wide) * match, (self.mean + wide) * match], 0, 1)


@dataclass(frozen=True)
class Estimate:
    """Estimated Dice of K sources with the true labels.

    Attributes:
        dice: shape (K,); NaN where nothing can be said.
        draws: of it, as the images, the ceiling and the deviations might be, shape (N_DRAWS, K).
        ceiling: what is known of C.
        variance: mean over the sources of what makes the draws vary: images, ceiling, deviations.
        truths: images with true labels.
    """

    dice: np.ndarray
    draws: np.ndarray
    ceiling: FoundCeiling
    variance: tuple[float, float, float]
    truths: int

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
        assumed: of the ceiling.
    """
    assumed = assumed or Ceiling()
    rng = np.random.default_rng(_SEED)
    known = np.isfinite(match)
    everything = source_means(match, np.ones((1, len(match))))[0]
    weights = rng.standard_exponential((N_DRAWS, len(match)))
    matches = everything + (source_means(match, weights) - everything) * _widening(int(known.any(axis=1).sum()))
    matches += _unseen(match, everything) * rng.standard_normal(matches.shape)
    true = truth if truth is not None else np.full(match.shape, np.nan)
    both = known & np.isfinite(true)
    ceiling = ceiling_of(match, true, assumed)
    normal = stats.norm.ppf if ceiling.freedom is None else stats.t(ceiling.freedom).ppf
    ceilings = ceiling.mean + ceiling.deviation * normal(_evenly(rng))
    prior = np.hypot(DEVIATION, ceiling.mean * _undetermined(match))
    deviation, of_deviation = _deviations(np.where(both, true - ceiling.mean * match, 0), both, prior)
    deviations = deviation + of_deviation * rng.standard_normal((N_DRAWS, match.shape[1]))
    dice = np.clip(ceiling.mean * everything + deviation, 0, 1)
    variance = (
        float(np.nanmean(matches.var(axis=0))) * ceiling.mean**2,
        float(np.nanmean(everything**2)) * ceiling.deviation**2,
        float(np.mean(of_deviation**2)),
    )
    draws = np.clip(ceilings * matches + deviations, 0, 1)
    return Estimate(dice, draws, ceiling, variance, int(both.any(axis=1).sum()))


def _evenly(rng: np.random.Generator) -> np.ndarray:
    """Probabilities at equal distances in random order, shape (N_DRAWS, 1): with them, intervals waver less."""
    return rng.permutation((np.arange(N_DRAWS) + 0.5) / N_DRAWS)[:, np.newaxis]


def more_truths(found: Estimate, assumed: Ceiling) -> int:
    """How many more images with true labels would halve the mean width of the intervals; 0 where none would.

    The part of the interval that the choice of images makes stays as it is.
    """
    images, of_ceiling, _ = found.variance
    aim = sum(found.variance) / 4
    scale = of_ceiling / max(found.ceiling.deviation**2, 1e-12)
    for more in range(1, 1001):
        n_truths = found.truths + more
        ceiling = scale / (1 / max(assumed.deviation, 1e-6) ** 2 + n_truths / found.ceiling.spread**2)
        deviations = 1 / (1 / DEVIATION**2 + n_truths / found.ceiling.spread**2)
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
    return float(stats.t.ppf(0.975, n_images - 1) / _NORMAL * np.sqrt((n_images + 1) / (n_images - 1)))


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
    pooled = (_SPREAD_WEIGHT * _SPREAD**2 + squares.sum()) / (_SPREAD_WEIGHT + freedom)
    own = _POOLED_WEIGHT + np.maximum(count - 1, 0)
    variance = (_POOLED_WEIGHT * pooled + squares) / own * (stats.t.ppf(0.975, own + _POOLED_FREEDOM) / _NORMAL) ** 2
    found: np.ndarray = np.sqrt(np.maximum(variance - squares / np.maximum(count, 1), 0) / np.maximum(count, 1))
    return found


def ceiling_of(match: np.ndarray, truth: np.ndarray, assumed: Ceiling) -> FoundCeiling:
    """The ceiling by what is assumed and, where there are true labels, by these.

    Args:
        match: shape (N, K); NaN where there is none.
        truth: Dice with the true labels, shape (N, K); NaN where nobody knows it.
        assumed: counts as a prior.
    """
    both = np.isfinite(match) & np.isfinite(truth)
    rows = both.any(axis=1)
    n_truths = int(rows.sum())
    matched, true = np.where(both, match, 0)[rows].sum(axis=1), np.where(both, truth, 0)[rows].sum(axis=1)
    if not n_truths or not matched.any():
        return FoundCeiling(assumed.mean, assumed.deviation, _SPREAD, None)
    measured = true.sum() / matched.sum()
    of_images = (true - measured * matched) / np.where(matched > 0, matched, np.inf)
    freedom = _SPREAD_WEIGHT + n_truths - 1
    spread = float(np.sqrt((_SPREAD_WEIGHT * _SPREAD**2 + (of_images**2).sum()) / freedom))
    of_truths, of_assumed = n_truths / spread**2, 1 / max(assumed.deviation, 1e-6) ** 2
    mean = (of_truths * measured + of_assumed * assumed.mean) / (of_truths + of_assumed)
    return FoundCeiling(float(mean), float((of_truths + of_assumed) ** -0.5), spread, freedom)


def _undetermined(match: np.ndarray) -> np.ndarray:
    """Standard deviation of what images of two sources leave open of each source's mean match, shape (K,).

    Their one Dice s is the product of both matches, each of which may be anything from s to 1; both are put down as
    √s. The logarithm is taken for evenly distributed, and one source for the better one in all of these images.

    Args:
        match: shape (N, K); NaN where there is none.
    """
    known = np.isfinite(match)
    filled = np.where(known, match, 0)
    alike = np.abs(np.where(known, match, np.inf).min(axis=1) - filled.max(axis=1)) < _EQUAL
    pairs = (known.sum(axis=1) == 2) & alike
    wide = -filled * np.log(np.where(filled > 0, filled, 1)) / np.sqrt(3)
    found: np.ndarray = np.where(known & pairs[:, np.newaxis], wide, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return found


def _deviations(residual: np.ndarray, both: np.ndarray, assumed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Deviation of each source from what its match says, shrunk towards none, and its standard deviation, (K,) each.

    Empirical Bayes (Efron and Morris, JASA 70, 1975) with the variances that a two-way table of images and sources has.

    Args:
        residual: true Dice less what the match says, shape (N, K); 0 where it is not known.
        both: where it is known.
        assumed: standard deviation of each source's deviation, shape (K,).
    """
    n_sources = both.shape[1]
    rows = both.any(axis=1)
    n_truths, count = int(rows.sum()), both.sum(axis=0)
    if n_truths < 2 or n_sources < 3:
        return np.zeros(n_sources), assumed
    inside, there = residual[rows], both[rows]
    inside = np.where(there, inside - inside.sum(axis=1, keepdims=True) / there.sum(axis=1, keepdims=True), 0)
    means = inside.sum(axis=0) / np.maximum(count, 1)
    noise = float((np.where(there, inside - means, 0) ** 2).sum()) / max(int(there.sum()) - n_truths - n_sources + 1, 1)
    seen = count > 0
    between = max(float(means[seen].var() - np.mean(noise / count[seen])), 0.0)
    n_seen = int(seen.sum())
    prior = (_DEVIATION_WEIGHT * assumed**2 + (n_seen - 1) * between) / (_DEVIATION_WEIGHT + n_seen - 1)
    trust = prior / (prior + noise / np.maximum(count, 1)) * seen
    return means * trust, np.sqrt(prior * (1 - trust))

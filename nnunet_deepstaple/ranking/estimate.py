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
_SEED = 26

DEVIATION = 0.02
"""Standard deviation of d between sources that is assumed without truths."""

_SPREAD, _SPREAD_WEIGHT = 0.05, 2
"""Standard deviation of C between images that is assumed, and as how many images the assumption counts."""

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
        return (self.high - self.low) / 4


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
    widened as Student's t is. An image that a source lacks neither helps nor hurts it: image and source add up.

    Args:
        match: of each source in each image, shape (N, K); NaN where there is none.
        truth: Dice of each source with the true labels, shape (N, K); NaN where nobody knows it.
        assumed: of the ceiling.
    """
    assumed = assumed or Ceiling()
    rng = np.random.default_rng(_SEED)
    known = np.isfinite(match)
    n_images = known.sum(axis=0)
    everything = source_means(match, np.ones((1, len(match))))[0]
    weights = rng.standard_exponential((N_DRAWS, len(match)))
    matches = everything + (source_means(match, weights) - everything) * _widening(n_images)
    true = truth if truth is not None else np.full(match.shape, np.nan)
    both = known & np.isfinite(true)
    ceiling = ceiling_of(match, true, assumed)
    normal = stats.norm.ppf if ceiling.freedom is None else stats.t(ceiling.freedom).ppf
    ceilings = ceiling.mean + ceiling.deviation * normal(rng.uniform(size=(N_DRAWS, 1)))
    deviation, of_deviation = _deviations(np.where(both, true - ceiling.mean * match, 0), both)
    deviations = deviation + of_deviation * rng.standard_normal((N_DRAWS, match.shape[1]))
    dice = np.clip(ceiling.mean * everything + deviation, 0, 1)
    variance = (
        float(np.nanmean(matches.var(axis=0))) * ceiling.mean**2,
        float(np.nanmean(everything**2)) * ceiling.deviation**2,
        float(np.mean(of_deviation**2)),
    )
    draws = np.clip(ceilings * matches + deviations, 0, 1)
    return Estimate(dice, draws, ceiling, variance, int(both.any(axis=1).sum()))


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


def _widening(n_images: np.ndarray) -> np.ndarray:
    """How much wider than the Bayesian bootstrap's the interval of a mean over so many images is, shape (K,)."""
    degrees = np.maximum(n_images - 1, 1)
    factor = stats.t.ppf(0.975, degrees) / stats.norm.ppf(0.975) * np.sqrt((n_images + 1) / degrees)
    return np.where(n_images > 1, factor, 1.0)


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


def _deviations(residual: np.ndarray, both: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Deviation of each source from what its match says, shrunk towards none, and its standard deviation, (K,) each.

    Empirical Bayes (Efron and Morris, JASA 70, 1975) with the variances that a two-way table of images and sources has.
    """
    n_sources = both.shape[1]
    rows = both.any(axis=1)
    n_truths, count = int(rows.sum()), both.sum(axis=0)
    if n_truths < 2 or n_sources < 3:
        return np.zeros(n_sources), np.full(n_sources, DEVIATION)
    inside, there = residual[rows], both[rows]
    inside = np.where(there, inside - inside.sum(axis=1, keepdims=True) / there.sum(axis=1, keepdims=True), 0)
    means = inside.sum(axis=0) / np.maximum(count, 1)
    noise = float((np.where(there, inside - means, 0) ** 2).sum()) / max(int(there.sum()) - n_truths - n_sources + 1, 1)
    seen = count > 0
    between = max(float(means[seen].var() - np.mean(noise / count[seen])), 0.0)
    n_seen = int(seen.sum())
    prior = (_DEVIATION_WEIGHT * DEVIATION**2 + (n_seen - 1) * between) / (_DEVIATION_WEIGHT + n_seen - 1)
    trust = prior / (prior + noise / np.maximum(count, 1)) * seen
    return means * trust, np.sqrt(prior * (1 - trust))

"""What one image tells of its sources: its files are read once, and a few numbers are kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from ..datasets.candidates import Candidate
from ..datasets.true_labels import NAME as TRUE_LABELS
from ..files.geometry import Geometry
from ..files.grids import OUTSIDE
from ..fusion.votes import Votes
from ..fusion.votes.atlas_images import AtlasImages
from ..fusion.votes.means import mean
from ..fusion.votes.reading import read_votes
from ..fusion.votes.structures import to_one_scale
from ..fusion.votes.votes import VoteMap
from ..fusion.weights.dependence import dependence
from .bias import bias_of
from .contours import hausdorff_95, surface_dice, surface_distances
from .image_judge import dice_with_joint
from .match import match_of_structure
from .oddities import Thumbnail, foreground_of, look_at_candidates
from .pairs import kind_for, pairwise_dice
from .sketches import Sketch, sketch_sources
from .structures import Meaning, masks_of, plain_meaning

_VOTE_POWER = 8.0
"""A source votes with this power of its match, as in the rule ``spectral``."""

_TIE = 1e-9
"""A majority has more than half of the votes by at least this much."""

ALL = ""
"""Key of the network's Dice over all structures, beside the names of single structures."""


@dataclass(frozen=True)
class Subject:
    """One image and what is known of it.

    Attributes:
        candidates: its candidates.
        meanings: of their numbers, then of those of the true labels; None where they all mean the same.
        names: of the numbers, where all mean the same.
        truth: file of its true labels; None where nobody knows them.
        scores: Dice of each candidate with the network by structure, and over all under :data:`ALL`; None without.
        ignored: label by which a candidate abstains; None where there is none.
        grid: that its label maps are brought onto; None where they lie on one.
        images: of it and of its atlases; None without.
    """

    candidates: Sequence[Candidate]
    meanings: Sequence[Meaning] | None = None
    names: Mapping[int, str] | None = None
    truth: Path | None = None
    scores: Sequence[Mapping[str, float]] | None = None
    ignored: int | None = None
    grid: Geometry | None = None
    images: AtlasImages | None = None


@dataclass(frozen=True)
class Measures:
    """Numbers of each source for one structure, or of each structure and source; NaN where there is none.

    Attributes:
        match: with what all sources have in common (:mod:`.match`).
        volume_ratio, border, missed, false: against the consensus (:class:`~.bias.Bias`).
        dice, surface_dice, hd95: against the true labels; the distance in mm.
    """

    match: np.ndarray
    volume_ratio: np.ndarray
    border: np.ndarray
    missed: np.ndarray
    false: np.ndarray
    dice: np.ndarray
    surface_dice: np.ndarray
    hd95: np.ndarray


NAMES = tuple(one.name for one in fields(Measures))


@dataclass(frozen=True)
class OfConsensus:
    """The consensus of one structure in one image.

    Attributes:
        match: with what all sources have in common, as for a source; NaN where the consensus is empty.
        dice: with the true labels; NaN where nobody knows them.
    """

    match: float
    dice: float


@dataclass(frozen=True)
class ImageMeasures:
    """What is kept of an image.

    Attributes:
        structures: measures of the K sources, shape (K,) each, by the name of each structure that any source shows.
        consensus: of each of these structures.
        thumbnail: of the consensus' whole foreground.
        doubtful: thumbnails of the candidates that hardly overlap with it, by source.
        oddities: what is wrong with candidates as a whole, in a few words, by source.
        judged: whether the image has true labels.
    """

    structures: Mapping[str, Measures]
    consensus: Mapping[str, OfConsensus]
    thumbnail: Thumbnail
    doubtful: Mapping[str, Thumbnail]
    oddities: Mapping[str, str]
    judged: bool

    @property
    def match(self) -> np.ndarray:
        """Match of each source, mean over structures, shape (K,)."""
        return mean(np.array([one.match for one in self.structures.values()]), 0)


@dataclass(frozen=True)
class Measured:
    """All that an image tells: what is kept, and what is too large to keep for each image.

    Attributes:
        kept: numbers of its K sources.
        pairs: Dice of each pair of sources, mean over the structures that either shows, shape (K, K), float32.
        together: how far each pair is one source, as far as their votes tell, shape (K, K), float32.
        sketches: of each source, in their order.
        notes: what a user should know of a file, one sentence each.
    """

    kept: ImageMeasures
    pairs: np.ndarray
    together: np.ndarray
    sketches: Sequence[Sketch]
    notes: Sequence[str] = ()


def measure_image(tolerance: float, subject: Subject) -> Measured:
    """Read the files of an image and measure its sources.

    Args:
        tolerance: of the surface Dice, in mm.
        subject: the image.

    Raises:
        InputError: a file cannot be read, or lies on another grid.
    """
    files = list(subject.candidates)
    if subject.truth is not None:
        files.append(Candidate(subject.candidates[0].image, TRUE_LABELS, subject.truth))
    silent = [one for one in (subject.ignored, None if subject.grid is None else OUTSIDE) if one is not None]
    notes: list[str] = []
    ignored = silent if len(silent) > 1 else next(iter(silent), None)
    votes, geometry = read_votes(files, ignored, grid=subject.grid, notes=notes)
    spacing = tuple(geometry.spacing[::-1])
    codes = votes.codes.reshape(votes.codes.shape[3 - len(spacing) :])
    meanings = subject.meanings or [plain_meaning(votes.labels[1:].tolist(), subject.names or {})] * len(files)
    n_sources = len(subject.candidates)
    by_images = _by_images(subject, votes.of_voters(slice(n_sources)), geometry)
    structures: dict[str, Measures] = {}
    consensus: dict[str, np.ndarray] = {}
    of_consensus: dict[str, OfConsensus] = {}
    dice_of: dict[str, np.ndarray] = {}
    for name in dict.fromkeys(name for meaning in meanings for name in meaning):
        dice = pairwise_dice(*masks_of(votes, meanings, name), votes.counts)
        if np.isfinite(dice).any():
            dice_of[name] = dice
    of_structures = np.array([dice[:n_sources, :n_sources] for dice in (*dice_of.values(), _nothing(n_sources))])
    pairs = mean(of_structures, 0)
    unlike = len({frozenset(meaning) for meaning in meanings[:n_sources]}) > 1
    together = dependence_of(mean(to_one_scale(of_structures), 0) if unlike else pairs)
    for name, dice in dice_of.items():
        masks, speaks = masks_of(votes, meanings, name)
        annotated = np.array([name in meaning for meaning in meanings[:n_sources]])
        shown = np.where(annotated, masks[:, :n_sources].any(axis=0), np.nan)
        judges = [one for one in (_network(subject, name), by_images.get(name)) if one is not None]
        match = _judged(dice[:n_sources, :n_sources], shown, together, judges)
        consensus[name], of_consensus[name] = vote_of_sources(match, masks, speaks, votes.counts)
        structures[name] = _measure(dice, masks, codes, annotated, match, consensus[name], spacing, tolerance)
    names = [one.name for one in subject.candidates]
    whole, doubtful, oddities = look_at_candidates(
        votes.of_voters(slice(n_sources)), names, consensus, meanings[:n_sources]
    )
    return Measured(
        ImageMeasures(structures, of_consensus, whole, doubtful, oddities, subject.truth is not None),
        pairs.astype(np.float32),
        together.astype(np.float32),
        sketch_sources(
            foreground_of(votes, n_sources),
            np.logical_or.reduce([np.zeros(len(votes.counts), bool), *consensus.values()]),
            codes,
            spacing,
            votes.box[0].start,
        ),
        notes,
    )


def _nothing(n_sources: int) -> np.ndarray:
    return np.full((n_sources, n_sources), np.nan)


def match_of_votes(votes: Votes) -> np.ndarray:
    """Match of each voter with what all have in common, mean over structures, shape (K,); NaN where there is none."""
    answers = list(_answers(votes))
    nothing = _nothing(votes.n_voters)
    pairs = np.array([nothing, *(pairwise_dice(masks, speaks, votes.counts) for masks, speaks, _ in answers)])
    unlike = not all(looks.all() for _, _, looks in answers)
    together = dependence_of(mean(to_one_scale(pairs) if unlike else pairs, 0))
    matches = [
        match_of_structure(dice, np.where(looks, masks.any(axis=0), np.nan), together)
        for dice, (masks, _, looks) in zip(pairs[1:], answers, strict=True)
        if np.isfinite(dice).any()
    ]
    return mean(np.array([nothing[0], *matches]), 0)


def _answers(votes: Votes) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Masks of each structure, where each voter says anything of it, shape (P, K) each, and who looks for it, (K,)."""
    if votes.meanings is None:
        speaks, everybody = votes.patterns < votes.n_labels, np.ones(votes.n_voters, bool)
        yield from ((votes.patterns == label, speaks, everybody) for label in range(1, votes.n_labels))
        return
    for structure, looks in enumerate(votes.meanings.looked_for.T):
        yes, tells = votes.meanings.answers(structure)
        yield yes[votes.patterns] & looks, tells[votes.patterns] & looks, looks


def dependence_of(pairs: np.ndarray) -> np.ndarray:
    """How far each pair of sources is one, shape (K, K); pairs that cannot be compared are taken for usual ones."""
    known = np.isfinite(pairs)
    return dependence(np.where(known, pairs, np.median(pairs[known]))) if known.any() else np.eye(len(pairs))


def vote_of_sources(
    match: np.ndarray, masks: np.ndarray, speaks: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, OfConsensus]:
    """Consensus of the sources on one structure, and how good it is.

    Args:
        match: of the K sources, shape (K,).
        masks: of the sources and, where there are true labels, of these, shape (P, K) or (P, K + 1), bool.
        speaks: whether each says anything, of the same shape.
        counts: voxels with each pattern, shape (P,).

    Returns:
        Mask of the consensus, shape (P,), and what is known of it.
    """
    n_sources = len(match)
    weights = _weights(match)
    marked = masks[:, :n_sources].any(axis=1)
    votes = masks[marked, :n_sources]
    score = votes.astype(float) @ weights
    consensus = np.zeros(len(masks), bool)
    consensus[marked] = score > 0.5
    dice = np.nan
    if masks.shape[1] > n_sources:
        heard, truth = counts * speaks[:, -1], masks[:, -1]
        total = heard @ consensus + heard @ truth
        dice = float(2 * (heard @ (consensus & truth)) / total) if total else np.nan
    own = _match_of_consensus(votes, score, weights, match, counts[marked]) if consensus.any() else np.nan
    return consensus, OfConsensus(own, dice)


def _match_of_consensus(
    votes: np.ndarray, score: np.ndarray, weights: np.ndarray, match: np.ndarray, counts: np.ndarray
) -> float:
    """Match of the consensus, the geometric mean of two estimates.

    One is the mean match of its sources, above which a consensus mostly is. The other takes each source's Dice with the
    consensus of the others for the product of both matches; errors that sources share make it too large.

    Args:
        votes: whether a source marks the structure in a pattern, shape (P, K), bool.
        score: weight of those who mark it, shape (P,).
        weights: of the sources, shape (K,), sum 1.
        match: of the sources, shape (K,).
        counts: voxels with each pattern, shape (P,).
    """
    kind = kind_for(counts)
    of_others = score[:, np.newaxis] - votes * weights > (1 - weights) / 2 + _TIE
    volumes, by_others, shared = (
        counts.astype(kind) @ some.astype(kind) for some in (votes, of_others, votes & of_others)
    )
    total = volumes + by_others
    dice = np.divide(2 * shared, total, out=np.zeros(len(total)), where=total > 0)
    of_sources = float(np.nan_to_num(match) @ weights)
    return float(np.sqrt(of_sources * min(float(dice @ weights) / of_sources, 1.0)))


def _network(subject: Subject, structure: str) -> np.ndarray | None:
    """Dice of the network with each candidate for one structure, shape (K,); None where it is not known."""
    if subject.scores is None:
        return None
    found = np.array([one.get(structure, one.get(ALL, np.nan)) for one in subject.scores])
    return found if np.isfinite(found).any() else None


def _by_images(subject: Subject, votes: VoteMap, geometry: Geometry) -> dict[str, np.ndarray]:
    """Dice of each candidate with the vote by images, by structure, shape (K,) each; empty without images."""
    if subject.images is None:
        return {}
    dice = dice_with_joint(votes, subject.images, subject.candidates[0], geometry)
    meaning = plain_meaning(list(dice), subject.names or {})
    return {name: dice[next(iter(values))] for name, values in meaning.items()}


def _measure(
    dice: np.ndarray,
    masks: np.ndarray,
    codes: np.ndarray,
    annotated: np.ndarray,
    match: np.ndarray,
    consensus: np.ndarray,
    spacing: Sequence[float],
    tolerance: float,
) -> Measures:
    """Measures of one structure; ``dice`` and ``masks`` have one more voter where there are true labels."""
    n_sources = len(annotated)
    bias = bias_of(masks[:, :n_sources], codes, consensus, spacing)
    nothing = np.full(n_sources, np.nan)
    against = (nothing, nothing, nothing)
    if masks.shape[1] > n_sources:
        against = _against_truth(dice[-1, :-1], masks, codes, spacing, tolerance)
    measured = (match, bias.volume_ratio, bias.border, bias.missed, bias.false, *against)
    return Measures(*(np.where(annotated, one, np.nan).astype(np.float32) for one in measured))


def _judged(dice: np.ndarray, shown: np.ndarray, together: np.ndarray, judges: Sequence[np.ndarray]) -> np.ndarray:
    """Match of each source, with more judges, who repeat nobody: Dice of each source with each judge, shape (K,)."""
    n_sources, n_all = len(dice), len(dice) + len(judges)
    wider, apart = _nothing(n_all), np.eye(n_all)
    wider[:n_sources, :n_sources], apart[:n_sources, :n_sources] = dice, together
    for place, judge in enumerate(judges, n_sources):
        wider[place, :n_sources] = wider[:n_sources, place] = np.where(np.isnan(shown), np.nan, judge)
    return match_of_structure(wider, np.append(shown, [np.nan] * len(judges)), apart)[:n_sources]


def _weights(match: np.ndarray) -> np.ndarray:
    """Weight of each source in the consensus, shape (K,): as it judges the others; none where all matches are 0."""
    powers = np.nan_to_num(match) ** _VOTE_POWER
    return powers / powers.sum() if powers.any() else powers


def _against_truth(
    dice: np.ndarray, masks: np.ndarray, codes: np.ndarray, spacing: Sequence[float], tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Dice, surface Dice and Hausdorff distance of each source with the truth, the last voter, shape (K,) each."""
    near, distance = np.full((2, len(dice)), np.nan)
    truth = masks[:, -1][codes]
    for source in np.flatnonzero(np.isfinite(dice)):
        distances = surface_distances(masks[:, source][codes], truth, spacing)
        near[source] = 0.0 if distances is None else surface_dice(distances, tolerance)
        distance[source] = np.nan if distances is None else hausdorff_95(distances)
    return dice, near, distance

"""Candidates that are wrong, not only poor: empty, inverted, mirrored, or of another image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..fusion.votes import VoteMap, Votes
from .pairs import volumes_of
from .structures import Meaning, masks_of

_CELLS = 12
"""Cells along each axis of a thumbnail."""

LIKE, UNLIKE = 0.6, 0.3
"""Dice from which on two masks are taken for the same, and up to which for different ones."""

_AXES = {3: ("top and bottom", "front and back", "left and right"), 2: ("top and bottom", "left and right")}
"""What is exchanged along each axis of an array (z, y, x) or (y, x); on oblique grids, nearly."""


@dataclass(frozen=True)
class Thumbnail:
    """The foreground of a label map on a coarse grid over the whole image.

    Attributes:
        cells: voxels of foreground in each cell, shape (12, 12, 12) or (12, 12), float32.
        shape: of the image in voxels; thumbnails of images of different shapes cannot be compared.
    """

    cells: np.ndarray
    shape: tuple[int, ...]

    def dice(self, other: "Thumbnail") -> float:
        """Dice of two thumbnails; 0 where they cannot be compared, or both show nothing."""
        if self.shape != other.shape:
            return 0.0
        total = float(self.cells.sum() + other.cells.sum())
        return 2 * float(np.minimum(self.cells, other.cells).sum()) / total if total else 0.0


def thumbnail(mask: np.ndarray) -> Thumbnail:
    """Thumbnail of a mask of shape (z, y, x) or (y, x)."""
    cells = mask
    for axis, length in enumerate(mask.shape):
        edges = np.linspace(0, length, _CELLS + 1).astype(int).tolist()
        slabs = (cells[(slice(None),) * axis + (slice(*ends),)] for ends in pairwise(edges))
        cells = np.stack([slab.sum(axis=axis, dtype=np.float32) for slab in slabs], axis)
    return Thumbnail(cells, mask.shape)


def look_at_candidates(
    votes: VoteMap, sources: Sequence[str], consensus: Mapping[str, np.ndarray], meanings: Sequence[Meaning]
) -> tuple[Thumbnail, dict[str, Thumbnail], dict[str, str]]:
    """Look for candidates that hardly overlap with the consensus, and why.

    Args:
        votes: of the candidates first, then perhaps of others.
        sources: of the candidates.
        consensus: mask of each structure, shape (P,).
        meanings: numbers of each candidate's structures.

    Returns:
        Thumbnail of the consensus; those of the doubtful candidates; and what is odd, by source.
    """
    everything = np.logical_or.reduce([np.zeros(len(votes.counts), bool), *consensus.values()])
    painted = votes.paint(everything)
    masks = foreground_of(votes, len(sources))
    unlike = _dice_of_all(masks, everything, votes.counts) <= UNLIKE
    wrong = sum(
        (
            _dice_of_all(masks_of(votes, meanings, name)[0], mask, votes.counts) <= UNLIKE
            for name, mask in consensus.items()
        ),
        np.zeros(len(sources), int),
    )
    doubtful, found = {}, {}
    for place, source in enumerate(sources):
        odd = None
        if unlike[place]:
            whole = votes.paint(masks[:, place])
            doubtful[source] = thumbnail(whole)
            odd = oddity(whole, painted)
        elif wrong[place] > 1:
            odd = exchanged_labels(votes, place, meanings[place], consensus)
        if odd is not None:
            found[source] = odd
    return thumbnail(painted), doubtful, found


def foreground_of(votes: Votes, n_voters: int) -> np.ndarray:
    """Where the first voters mark anything, shape (P, n_voters), bool."""
    shown = votes.patterns[:, :n_voters]
    foreground: np.ndarray = (shown > 0) & (shown < len(votes.labels))
    return foreground


def exchanged_labels(votes: Votes, place: int, meaning: Meaning, consensus: Mapping[str, np.ndarray]) -> str | None:
    """Whether a candidate has two structures exchanged, in a few words."""
    masks = {
        name: np.append(np.isin(votes.labels, list(meaning[name])), False)[votes.patterns[:, place]]
        for name in consensus
        if name in meaning
    }
    alone = {name: _dice(masks[name], consensus[name], votes.counts) for name in masks}
    wrong = [name for name in masks if alone[name] <= UNLIKE and consensus[name].any()]
    for number, one in enumerate(wrong):
        for other in wrong[number + 1 :]:
            crossed = (
                _dice(masks[one], consensus[other], votes.counts),
                _dice(masks[other], consensus[one], votes.counts),
            )
            if min(crossed) >= LIKE:
                return f"has '{one}' and '{other}' exchanged"
    return None


def oddity(mask: np.ndarray, consensus: np.ndarray) -> str | None:
    """What is wrong with a candidate as a whole, in a few words; None where it is merely good or poor.

    Args:
        mask: foreground of the candidate, the whole image, bool.
        consensus: that of the consensus.
    """
    if not consensus.any():
        return None
    if not mask.any():
        return "is empty"
    if mask.mean() > 0.5 and _dice(~mask, consensus) >= LIKE:
        return "is inverted: its background is the object"
    for axis, sides in enumerate(_AXES[mask.ndim]):
        if mask.shape[axis] > 1 and _dice(np.flip(mask, axis), consensus) >= LIKE:
            return f"is mirrored: {sides} are exchanged"
    return None


def of_another_image(
    candidates: Mapping[tuple[str, str], Thumbnail], consensus: Mapping[str, Thumbnail]
) -> list[tuple[str, str, str]]:
    """Candidates that are like the consensus of another image and unlike that of their own.

    Args:
        candidates: thumbnails of the doubtful ones, by image and source.
        consensus: of each image.

    Returns:
        Image, source, and the image that it seems to be of.
    """
    found = []
    for (image, source), one in candidates.items():
        if one.dice(consensus[image]) > UNLIKE:
            continue
        others = {other: one.dice(two) for other, two in consensus.items() if other != image}
        best = max(others, key=lambda other: others[other], default=None)
        if best is not None and others[best] >= LIKE:
            found.append((image, source, best))
    return found


def sentences(moved: Sequence[tuple[str, str, str]]) -> list[str]:
    """What to say of candidates that seem to be of other images; two that are each other's are told together."""
    pairs = {(image, source): other for image, source, other in moved}
    said = []
    for (image, source), other in pairs.items():
        if pairs.get((other, source)) != image:
            said.append(
                f"candidate '{source}' of image '{image}' looks like image '{other}'; is it in the wrong place?"
            )
        elif image < other:
            said.append(f"candidates '{source}' of images '{image}' and '{other}' look as if they were exchanged")
    return said


def _dice_of_all(masks: np.ndarray, consensus: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Dice of each voter with a consensus, shape (K,); 1 where both are empty."""
    volumes, inside = volumes_of(masks, consensus, counts)
    total = volumes + counts @ consensus
    return np.divide(2 * inside, total, out=np.ones(len(total)), where=total > 0)


def _dice(one: np.ndarray, other: np.ndarray, counts: np.ndarray | float = 1.0) -> float:
    total = float((one * counts).sum() + (other * counts).sum())
    return 2 * float(((one & other) * counts).sum()) / total if total else 1.0

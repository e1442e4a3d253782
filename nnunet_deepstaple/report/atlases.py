"""Which atlas weighed most where candidates differ, and where the images changed the label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..files.boxes import as_3d
from ..fusion.decision.argmax import decide
from ..fusion.votes.shares import vote_shares
from ..fusion.weights.joint import joint_votes_by_images
from .colours import MOST_ATLASES as MOST
from .image_votes import ImageVotes
from .inputs import ImageInputs


@dataclass(frozen=True)
class Winner:
    """An atlas, or all others together.

    Attributes:
        name: of the atlas; empty for the others.
        share: part of the disputed voxels in which it weighs most.
    """

    name: str
    share: float


@dataclass(frozen=True)
class AtlasMaps:
    """What the atlases' images did in one image.

    Attributes:
        heaviest: place in ``winners`` of the atlas that weighs most, from 1; 0 where candidates agree; shape of the
            image, uint8.
        changed: whether the consensus has another label than the candidates' vote with one weight each for the whole
            image, the one that their labels gave; of the same shape.
        winners: the atlases, those that weigh most in the most voxels first, and the others last.
    """

    heaviest: np.ndarray
    changed: np.ndarray
    winners: Sequence[Winner]


def atlas_maps(votes: ImageVotes, inputs: ImageInputs) -> AtlasMaps | None:
    """Compare the images once more, as the fusion did; None where it compared none.

    Raises:
        InputError: an image cannot be read, or lies on another grid.
    """
    images, prior = inputs.atlas_images, votes.fused.weights_by_labels
    if images is None or not prior:
        return None
    weights = np.array([prior.get(candidate.name, 0.0) for candidate in inputs.candidates])
    weights /= weights.sum()
    of_candidates = votes.map.of_voters(slice(len(weights)))
    channels = images.files.read(inputs.candidates[0].path)
    spacing = votes.geometry.spacing[::-1]
    atlases = images.files.atlases
    joint = joint_votes_by_images(of_candidates, weights, atlases, channels, spacing, images.options)
    won = joint.weights.argmax(axis=0)
    order, ranks = _ranked(np.bincount(won, minlength=len(atlases)))
    heaviest = np.zeros(votes.map.codes.size, np.uint8)
    heaviest[joint.shares.voxels] = ranks[won]
    by_labels = decide(vote_shares(votes.candidates, weights), votes.candidates, weights)
    changed = (votes.visible(votes.consensus) != by_labels)[votes.map.codes]
    shares = np.bincount(ranks[won], minlength=MOST + 2)[1:] / max(len(won), 1)
    names = [inputs.candidates[atlases[place]].name for place in order[:MOST]]
    winners = [Winner(name, float(share)) for name, share in zip(names, shares, strict=False)]
    if len(order) > MOST:
        winners.append(Winner("", float(shares[MOST])))
    return AtlasMaps(_in_image(heaviest.reshape(votes.map.codes.shape), votes), _in_image(changed, votes), winners)


def _ranked(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order of the atlases by count, and each atlas' rank in it from 1, that of all beyond MOST being MOST + 1."""
    order = np.argsort(-counts, kind="stable")
    ranks = np.empty(len(counts), np.uint8)
    ranks[order] = np.minimum(np.arange(len(counts)), MOST) + 1
    return order, ranks


def _in_image(values: np.ndarray, votes: ImageVotes) -> np.ndarray:
    image = np.zeros(as_3d(votes.map.shape), values.dtype)
    image[votes.map.box] = values
    return image.reshape(votes.map.shape)

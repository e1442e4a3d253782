"""The planes of an image as a page shows them: pictures and outlines, ready for the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from scipy.ndimage import binary_dilation

from ..fusion.votes.shares import vote_shares
from . import colours
from .atlases import AtlasMaps
from .greys import Greys
from .image_votes import ImageVotes
from .numbers import LabelMapNumbers
from .outlines import Loop, as_path, outline
from .pictures import atlas_picture, grey_picture, heat_picture, label_picture
from .planes import Plane, Scene, cut, planes_of, set_scene

_NEAR = 2
"""The values of voxels this near to a label's border decide the window."""

_OUTLINES = 220_000
"""Largest number of characters of all outlines of an image; slices that do not fit are left out."""


@dataclass(frozen=True)
class Outline:
    """A candidate's outline in all slices of a plane.

    Attributes:
        place: of the candidate among all.
        title: the text under the mouse pointer.
        colour: of its weight.
        path: SVG's ``d``.
    """

    place: int
    title: str
    colour: str
    path: str


@dataclass(frozen=True)
class Drawing:
    """One plane of an image; each picture shows its slices one below the other.

    Attributes:
        name: of the plane.
        width, height: of a slice in pixels.
        scale: millimetres of a pixel to the right and down.
        slices: place of each slice in the image, along the plane's axis.
        worst: which slice is shown first, as a place in ``slices``.
        outlines: of the candidates, those with the smallest weight first.
        consensus_outline: SVG's ``d``.
        grey, consensus, prediction, truth, heat: data URIs; None for a picture that there is not.
        heaviest, changed: where each atlas weighed most, and where images changed the label; None without atlas images.
        greys: what the levels of ``grey`` stand for; None without ``grey``.
    """

    name: str
    width: int
    height: int
    scale: tuple[float, float]
    slices: Sequence[int]
    worst: int
    outlines: Sequence[Outline]
    consensus_outline: str
    grey: str | None
    consensus: str
    prediction: str | None
    truth: str | None
    heat: str
    heaviest: str | None
    changed: str | None
    greys: Greys | None


def draw(
    votes: ImageVotes,
    candidates: Sequence[LabelMapNumbers],
    image: np.ndarray | None,
    atlases: AtlasMaps | None = None,
) -> list[Drawing]:
    """Draw the planes of an image.

    Args:
        votes: its votes.
        candidates: numbers of its candidates.
        image: its values, in the shape of its label maps; None draws no grey picture.
        atlases: what the atlases' images did; None where there are none.
    """
    scene = set_scene(votes.map, votes.geometry)
    shares = np.asarray(vote_shares(votes.voters, votes.weights))
    disagreement = np.clip(1 - shares.max(axis=1), 0, 1)
    grey = None if image is None else cut(image, votes.map, votes.geometry)
    greys = None if grey is None else Greys.of(grey, _near_borders(scene.codes, grey))
    planes = planes_of(scene, disagreement)
    maps = (
        [] if atlases is None else [cut(one, votes.map, votes.geometry) for one in (atlases.heaviest, atlases.changed)]
    )
    layers = _Layers(disagreement, grey, greys, maps)
    return [_draw_plane(plane, scene, votes, candidates, layers, _OUTLINES // len(planes)) for plane in planes]


@dataclass(frozen=True)
class _Layers:
    """What the pictures show beside label maps; arrays have the scene's shape.

    Attributes:
        disagreement: of each pattern, shape (P,).
        grey: the image; None draws no grey picture.
        greys: what its levels stand for; None without ``grey``.
        atlases: the heaviest atlas, and where images changed the label; empty without atlas images.
    """

    disagreement: np.ndarray
    grey: np.ndarray | None
    greys: Greys | None
    atlases: Sequence[np.ndarray]


def _draw_plane(
    plane: Plane,
    scene: Scene,
    votes: ImageVotes,
    candidates: Sequence[LabelMapNumbers],
    layers: _Layers,
    room: int,
) -> Drawing:
    """Draw one plane; ``room`` is the largest number of characters of all outlines."""
    outlines, plane = _outlines(plane, scene, votes, room)
    grey, greys = layers.grey, layers.greys
    codes = plane.sheet(scene.codes)
    height, width = len(codes) // len(plane.slices), codes.shape[1]
    down, right = (scene.spacing[axis] for axis in range(3) if axis != plane.axis)
    heaviest = max((one.weight or 0 for one in candidates), default=0)
    shades = [1.0 if one.weight is None else one.weight / heaviest for one in candidates]
    order = sorted(range(len(candidates)), key=lambda place: shades[place])

    def labels(of_pattern: np.ndarray | None) -> str | None:
        return None if of_pattern is None else label_picture(votes.visible(of_pattern)[codes], votes.n_labels)

    of_atlases: Sequence[str | None] = [atlas_picture(plane.sheet(one)) for one in layers.atlases] or [None, None]
    prediction = votes.predictions.patterns[:, 0] if votes.predictions.n_voters else None
    return Drawing(
        name=plane.name,
        width=width,
        height=height,
        scale=(right * plane.step, down * plane.step),
        slices=[scene.first[plane.axis] + place for place in plane.slices],
        worst=plane.worst,
        outlines=[
            Outline(place, _title(candidates[place]), colours.of_weight(shades[place]), outlines[place])
            for place in order
        ],
        consensus_outline=outlines[-1],
        grey=None if grey is None or greys is None else grey_picture(greys.levels_of(plane.sheet(grey))),
        greys=greys,
        consensus=labels(votes.consensus) or "",
        prediction=labels(prediction),
        truth=labels(votes.truth),
        heat=heat_picture(layers.disagreement[codes]),
        heaviest=of_atlases[0],
        changed=of_atlases[1],
    )


def _outlines(plane: Plane, scene: Scene, votes: ImageVotes, room: int) -> tuple[list[str], Plane]:
    """Outlines of each candidate and of the consensus, and the plane with the slices whose outlines fit."""
    codes = plane.stack(scene.codes)
    apart = np.zeros((len(codes), codes.shape[1] + 1, codes.shape[2]), codes.dtype)  # an empty row separates slices
    apart[:, :-1] = codes
    label_maps = [*votes.candidates.patterns.T, votes.consensus]
    drawn: list[list[list[Loop]]] = [[[] for _ in label_maps] for _ in codes]
    for number, labels in enumerate(label_maps):
        for x, y, rest in outline(votes.visible(labels)[apart.reshape(-1, apart.shape[2])]):
            place, inside = divmod(y, apart.shape[1])
            drawn[place][number].append((x, inside, rest))
    sizes = [sum(len(rest) for loops in of_slice for _, _, rest in loops) for of_slice in drawn]
    order = sorted(range(len(drawn)), key=lambda place: _order(place, plane.worst))
    places = sorted(
        place
        for place, size in zip(order, accumulate(sizes[one] for one in order), strict=True)
        if size <= room or place == plane.worst
    )
    paths = (
        "".join(as_path(drawn[place][number], codes.shape[1] * row) for row, place in enumerate(places))
        for number in range(len(label_maps))
    )
    return list(paths), plane.keeping(places)


def _order(place: int, worst: int) -> tuple[int, int]:
    """Sort key: the worst slice comes first, then slices at even distances from it, from coarse to fine."""
    distance = abs(place - worst)
    return -(distance & -distance or 1 << 30), distance


def _title(candidate: LabelMapNumbers) -> str:
    """The text that the mouse pointer shows over a candidate's outline."""
    parts = [candidate.name]
    for name, value in (("weight", candidate.weight), ("score", candidate.score)):
        if value is not None:
            parts.append(f"{name} {value:.3f}")
    return ", ".join(parts)


def _near_borders(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values within a few voxels of a border between vote patterns, because there a candidate may be wrong."""
    near = np.zeros(codes.shape, bool)
    for axis in range(codes.ndim):
        apart = np.diff(codes, axis=axis) != 0
        before = [slice(None)] * codes.ndim
        for shift in (0, 1):
            before[axis] = slice(shift, codes.shape[axis] - 1 + shift)
            near[tuple(before)] |= apart
    return values[binary_dilation(near, iterations=_NEAR)]

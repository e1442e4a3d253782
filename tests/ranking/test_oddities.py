import numpy as np
import pytest

from nnunet_deepstaple.fusion.votes import collect_votes
from nnunet_deepstaple.ranking.oddities import (
    exchanged_labels,
    look_at_candidates,
    oddity,
    of_another_image,
    sentences,
    thumbnail,
)
from nnunet_deepstaple.ranking.structures import plain_meaning

SHAPE = (20, 24, 30)


def box(z, y, x, size=6) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[z : z + size, y : y + size, x : x + size] = True
    return mask


def test_a_thumbnail_keeps_every_voxel():
    small = thumbnail(box(3, 4, 5))
    assert small.cells.sum() == 6**3
    assert small.dice(small) == 1
    assert small.dice(thumbnail(box(12, 14, 20))) == 0
    assert small.dice(thumbnail(box(3, 4, 5)[:-1])) == 0  # of another grid


def test_thumbnails_of_flat_and_of_thin_images():
    assert thumbnail(np.ones((30, 50), bool)).cells.sum() == 1500
    assert thumbnail(np.ones((3, 30, 50), bool)).cells.sum() == 4500


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.zeros(SHAPE, bool), "empty"),
        (~box(3, 4, 2), "inverted"),
        (box(3, 4, 2)[:, :, ::-1], "left and right"),
        (box(3, 4, 2)[:, ::-1], "front and back"),
        (box(3, 4, 2)[::-1], "top and bottom"),
        (box(12, 14, 20), None),
    ],
)
def test_what_is_wrong_with_a_candidate(mask, words):
    found = oddity(mask, box(3, 4, 2))
    assert found is None if words is None else words in str(found)


def test_exchanged_labels_and_a_good_candidate():
    labels = (box(3, 4, 2) + 2 * box(3, 4, 16)).astype(np.uint8)
    turned = np.array([0, 2, 1], np.uint8)[labels]
    votes = collect_votes([labels, turned])
    meaning = plain_meaning([1, 2], {1: "left", 2: "right"})
    consensus = {name: votes.patterns[:, 0] == place for place, name in enumerate(("left", "right"), 1)}
    assert exchanged_labels(votes, 0, meaning, consensus) is None
    assert exchanged_labels(votes, 1, meaning, consensus) == "has 'left' and 'right' exchanged"
    _, doubtful, odd = look_at_candidates(votes, ["good", "turned"], consensus, [meaning, meaning])
    assert (list(doubtful), list(odd)) == ([], ["turned"])


def test_candidates_of_other_images():
    places = {"a": (3, 4, 2), "b": (10, 14, 20), "c": (12, 2, 12)}
    consensus = {image: thumbnail(box(*place)) for image, place in places.items()}
    doubtful = {("a", "s"): consensus["b"], ("b", "s"): consensus["a"], ("c", "s"): consensus["a"]}
    found = of_another_image(doubtful, consensus)
    assert found == [("a", "s", "b"), ("b", "s", "a"), ("c", "s", "a")]
    assert sentences(found) == [
        "candidates 's' of images 'a' and 'b' look as if they were exchanged",
        "candidate 's' of image 'c' looks like image 'a'; is it in the wrong place?",
    ]
    assert of_another_image({("a", "s"): thumbnail(box(1, 1, 23))}, consensus) == []

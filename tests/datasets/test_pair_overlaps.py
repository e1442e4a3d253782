import numpy as np
import pytest

from nnunet_deepstaple.datasets.pair_overlaps import pair_overlaps, questions, strays
from nnunet_deepstaple.files.foreground import Foreground

LABELS = np.repeat([0, 1, 1, 2, 2, 0], 4).reshape(2, 3, 4)[:, :, ::-1].astype(np.uint8)
EXCHANGED = np.array([0, 2, 1], np.uint8)[LABELS]


def overlaps_of(maps):
    return pair_overlaps((name, Foreground.of(labels)) for name, labels in maps.items())


def asked(**maps):
    overlaps = overlaps_of(maps)
    return questions({"one": overlaps, "two": overlaps})


def test_exchanged_numbers_are_asked_about():
    (sentence,) = asked(a=LABELS, b=EXCHANGED)
    assert "the labels 1 and 2 the other way round: in 2 of 2 images, as in 'one'" in sentence
    assert "Dice is 0.00 and 0.00, and 1.00 and 1.00" in sentence


def test_one_of_several_that_is_exchanged_is_found():
    (sentence,) = asked(a=LABELS, b=LABELS, c=EXCHANGED)
    assert "'b' and 'c'" in sentence


def test_equal_numbers_are_not_asked_about():
    assert asked(a=LABELS, b=np.roll(LABELS, 1, axis=2), c=LABELS) == []


def test_files_that_never_overlap_are_classes():
    (sentence,) = asked(liver=(LABELS == 1).astype(np.uint8), spleen=(LABELS == 2).astype(np.uint8))
    assert "(liver, spleen) never overlap" in sentence
    assert "-layout structures" in sentence


def test_what_overlaps_or_is_empty_is_no_class():
    one = (LABELS == 1).astype(np.uint8)
    assert asked(a=one, b=one) == []
    assert asked(a=one, b=0 * one) == []
    assert asked(a=one, b=LABELS * (LABELS == 2)) != []


@pytest.mark.parametrize(("kind", "largest"), [(np.uint8, 3), (np.uint16, 40_000)])
def test_volumes_and_shared_voxels_are_counted(kind, largest):
    maps = np.random.default_rng(0).integers(0, 4, (3, 4, 5, 6)).astype(kind)
    maps[maps == 3] = largest
    overlaps = overlaps_of(dict(zip("abc", maps, strict=True)))
    assert [one.names for one in overlaps] == [("a", "b"), ("b", "c"), ("c", "a")]
    for found, one, other in zip(overlaps, maps, np.roll(maps, -1, axis=0), strict=True):
        values = [1, 2, largest]
        assert found.volumes == tuple({value: (each == value).sum() for value in values} for each in (one, other))
        assert found.shared == {(a, b): ((one == a) & (other == b)).sum() for a in values for b in values}


def test_a_single_label_map_is_not_compared():
    assert overlaps_of({"a": LABELS}) == []


def boxes(first: int) -> np.ndarray:
    mask = np.zeros((4, 12, 12), np.uint8)
    mask[1:3, first : first + 4, first : first + 4] = 1
    return mask


def told(*of_images):
    return strays({f"p{number}": overlaps_of(maps) for number, maps in enumerate(of_images)})


def test_files_of_two_images_that_were_exchanged():
    right = {name: boxes(2) for name in "abc"}
    mixed = right | {"b": boxes(7)}
    (sentence,) = told(mixed, mixed, right)
    assert "'b' overlaps with no other candidate in 2 of 3 images that were looked at, such as 'p0'" in sentence


def test_what_is_no_exchange():
    right = {name: boxes(2) for name in "abc"}
    assert told(right, right) == []
    assert told(*[right | {"b": boxes(7)}] * 3) == []  # wrong everywhere
    assert told({"a": boxes(2), "b": boxes(7)}, {"a": boxes(2), "b": boxes(2)}) == []  # which of the two?
    assert told({"a": boxes(0), "b": boxes(4), "c": boxes(8)}, right) == []  # an image that nobody sees alike
    assert told(right | {"b": 0 * boxes(2)}, right) == []

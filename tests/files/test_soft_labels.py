from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.soft_labels import (
    CERTAIN,
    check_fit,
    read_probabilities,
    read_soft_labels,
    soft_labels_beside,
    soften,
    write_soft_labels,
)

from ..fuzz import damaged, fuzz, read_or_one_line

SHAPE = (9, 10, 11)


def probabilities(shape=SHAPE, n_labels=4):
    """Of labels 0 to 3: a blob each of 1 and 2, none of 3."""
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, side) for side in shape], indexing="ij"))
    found = np.zeros((n_labels, *shape))
    for label, centre in ((1, -0.4), (2, 0.5)):
        found[label] = 0.5 * np.clip(1 - 3 * np.sqrt(((grid - centre) ** 2).sum(axis=0)), 0, 1)
    found[0] = 1 - found.sum(axis=0)
    return found


def dense(soft):
    found = {}
    for one in soft.labels:
        found[one.label] = np.zeros(soft.shape)
        found[one.label][one.box] = one.shares / CERTAIN
    return found


@pytest.mark.parametrize("shape", [SHAPE, (9, 10)])
def test_probabilities_come_back_to_eight_bits(tmp_path, shape):
    given, path = probabilities(shape), tmp_path / "a.soft.npz"
    write_soft_labels(soften(given, range(4), shape), path)
    found = dense(read_soft_labels(path, shape))
    assert sorted(found) == [1, 2]
    for label, values in found.items():
        assert np.abs(values - given[label]).max() <= 0.5 / CERTAIN + 1e-6


def test_a_network_that_has_learned_nothing_yet_fits_its_label_map():
    """Its probabilities nearly tie, so that rounding decides which is the largest."""
    ties = 1 / 3 + np.random.default_rng(0).normal(0, 1e-4, (3, *SHAPE))
    label_map = ties.argmax(axis=0)
    check_fit(soften(ties, range(3), SHAPE), label_map, Path("a.soft.npz"))
    ties[2] += 0.05
    with pytest.raises(InputError, match=r"a\.soft\.npz does not fit its label map"):
        check_fit(soften(ties, range(3), SHAPE), label_map, Path("a.soft.npz"))


@pytest.mark.parametrize("shape", [SHAPE, (9, 10)])
def test_labels_where_the_probabilities_have_none_do_not_fit(shape):
    given = probabilities(shape)
    label_map = given.argmax(axis=0)
    check_fit(soften(given, range(4), shape), label_map, Path("a.soft.npz"))
    check_fit(soften(given[:1], range(1), shape), np.zeros(shape, int), Path("a.soft.npz"))
    label_map[0] = 1  # the border, where only the background has a share
    for soft in (soften(given, range(4), shape), soften(given[:1], range(1), shape)):
        with pytest.raises(InputError, match="does not fit its label map"):
            check_fit(soft, label_map, Path("a.soft.npz"))


def test_a_label_is_cropped_to_where_it_is():
    soft = soften(probabilities(), range(4), SHAPE)
    for one in soft.labels:
        assert one.shares.size < np.prod(SHAPE) / 4
        assert all(one.shares.any(axis=tuple({0, 1, 2} - {axis}))[[0, -1]].all() for axis in range(3))


def test_a_flat_image_of_nnunet_has_an_axis_of_one():
    given = probabilities((10, 11))
    soft = soften(given[:, np.newaxis], range(4), (10, 11))
    assert soft.shape == (10, 11)
    assert np.allclose(dense(soft)[1], given[1], atol=0.5 / CERTAIN)


def test_nothing_but_background(tmp_path):
    path = tmp_path / "a.soft.npz"
    write_soft_labels(soften(np.zeros((2, *SHAPE)), range(2), SHAPE), path)
    assert list(read_soft_labels(path, SHAPE).labels) == []


def test_it_is_small(tmp_path):
    shape, path = (64, 64, 64), tmp_path / "a.soft.npz"
    write_soft_labels(soften(probabilities(shape), range(4), shape), path)
    assert path.stat().st_size < 0.1 * np.prod(shape)


@pytest.mark.parametrize(("name", "beside"), [("a.nii.gz", "a.soft.npz"), ("b.c.png", "b.c.soft.npz")])
def test_it_lies_beside_the_label_map(name, beside):
    assert soft_labels_beside(Path("predictions") / name) == Path("predictions") / beside


def test_damage_is_told(tmp_path):
    path = tmp_path / "a.soft.npz"
    write_soft_labels(soften(probabilities(), range(4), SHAPE), path)
    whole = path.read_bytes()
    for broken in (b"", whole[:100], whole[:-40], whole[: len(whole) // 2] + b"XXXX" + whole[len(whole) // 2 + 4 :]):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=r"a\.soft\.npz cannot be read as soft labels"):
            read_soft_labels(path, SHAPE)
    np.savez(path, probabilities=np.zeros(3))
    with pytest.raises(InputError, match="cannot be read as soft labels"):
        read_soft_labels(path, SHAPE)


def test_another_shape_is_told(tmp_path):
    path = tmp_path / "a.soft.npz"
    write_soft_labels(soften(probabilities(), range(4), SHAPE), path)
    with pytest.raises(InputError, match=r"of shape \(9, 10, 11\), its label map has \(9, 10, 12\)"):
        read_soft_labels(path, (9, 10, 12))


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_soft_labels(soften(probabilities(), range(4), SHAPE), tmp_path / "none" / "a.soft.npz")
    assert not list(tmp_path.iterdir())


SOUND = {
    "shape": np.array([16, 16, 16]),
    "labels": np.array([1], np.uint16),
    "boxes": np.array([[[0, 2], [0, 2], [0, 2]]]),
    "shares": np.full(8, 255, np.uint8),
}


@pytest.mark.parametrize(
    "change",
    [
        {"boxes": np.array([[[-5, 3], [0, 2], [0, 2]]]), "shares": np.zeros(32, np.uint8)},
        {"boxes": np.array([[[10, 40], [0, 2], [0, 2]]]), "shares": np.zeros(120, np.uint8)},
        {"boxes": np.array([[[2, 0], [2, 0], [0, 2]]])},
        {"boxes": np.array([[0, 2]])},
        {"labels": np.array([0])},
        {"labels": np.array([1, 1])},
        {"shares": np.zeros(10**7, np.uint8)},
        {"shares": np.array(["x"])},
        {"shape": np.array([16.5, 16, 16])},
        {"shape": np.array([object()])},
    ],
)
def test_arrays_that_contradict_each_other(tmp_path, change):
    path = tmp_path / "a.soft.npz"
    np.savez(path, **SOUND)
    assert len(read_soft_labels(path, (16, 16, 16)).labels) == 1
    np.savez(path, **{**SOUND, **change})
    with pytest.raises(InputError, match=r"a\.soft\.npz cannot be read as soft labels"):
        read_soft_labels(path, (16, 16, 16))


lengths = st.integers(-2, 20) | st.integers(-(2**40), 2**40)


@fuzz
@given(data=st.data())
def test_any_content(tmp_path, data):
    path = tmp_path / "a.soft.npz"
    boxes = data.draw(st.lists(st.lists(st.lists(lengths, min_size=2, max_size=2), min_size=3, max_size=3), max_size=2))
    np.savez(path, **{**SOUND, "boxes": np.array(boxes).reshape(-1, 3, 2), "labels": np.arange(1, 1 + len(boxes))})
    read_or_one_line(lambda path: read_soft_labels(path, (16, 16, 16)), path)
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    read_or_one_line(lambda path: read_soft_labels(path, (16, 16, 16)), path)
    read_or_one_line(lambda path: read_probabilities(path, (16, 16, 16)), path)

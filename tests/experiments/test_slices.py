import numpy as np

from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import read_image, write_image
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from scripts.experiments.disturbed_labels import disturb_some
from scripts.experiments.slices.disturbances import choose, disturb
from scripts.experiments.slices.slices import slices_of, write_slice_image, write_slice_labels


def square() -> np.ndarray:
    labels = np.zeros((30, 30), np.uint8)
    labels[10:20, 8:22] = 1
    labels[13:16, 12:18] = 2
    return labels


def test_no_strength_leaves_the_labels():
    assert np.array_equal(disturb(square(), 0, np.random.default_rng(0)), square())


def test_a_disturbance_keeps_the_labels_values_and_repeats_with_its_seed():
    once, again = (disturb(square(), 2, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, square())
    assert set(np.unique(once)) <= {0, 1, 2}


def test_a_share_of_the_cases_is_chosen():
    assert choose(10, 0.3, np.random.default_rng(0)).sum() == 3


def test_slices_with_labels_are_cut_and_written(tmp_path):
    grid = Geometry.axis_aligned((30, 30, 5))
    volume = np.zeros((5, 30, 30), np.uint8)
    volume[1:] = square()
    for folder in ("images", "truth", "out"):
        (tmp_path / folder).mkdir()
    write_image(volume.astype(np.float32), grid, tmp_path / "images/a_0000.nii.gz")
    write_label_map(volume, grid, tmp_path / "truth/a.nii.gz")
    slices = list(slices_of(tmp_path / "images", tmp_path / "truth", step=2))
    assert [one.image for one in slices] == ["as001", "as003"]
    write_slice_image(slices[0], tmp_path / "out")
    write_slice_labels(slices[0].truth, tmp_path / "out/as001.nii.gz")
    assert read_image(tmp_path / "out/as001_0000.nii.gz")[0].shape == (1, 30, 30)
    assert np.array_equal(read_label_map(tmp_path / "out/as001.nii.gz")[0][0], square())
    labelled, disturbed = disturb_some(slices, strength=3, share=0.5, seed=0)
    assert ((labelled.true_dice() < 1) == disturbed).all()
    assert labelled.cases == ["as001__label", "as003__label"]

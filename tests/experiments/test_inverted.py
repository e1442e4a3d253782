import numpy as np

from nnunet_deepstaple.files.image_files import read_image
from scripts.experiments.inverted import invert, invert_images
from tests.label_map_files import save


def test_dark_becomes_bright_and_outliers_do_not_decide():
    values = np.append(np.arange(1000), 10**6)
    inverted = invert(values)
    assert (np.diff(inverted[10:990]) == -1).all()
    assert inverted.max() - inverted.min() < 1000


def test_each_image_is_written_under_its_name(tmp_path):
    values = np.random.default_rng(0).normal(size=(4, 5, 6)).astype(np.float32)
    images = tmp_path / "images"
    images.mkdir()
    save(images / "a_0000.nii.gz", values)
    output = invert_images(images, tmp_path / "inverted")
    found, geometry = read_image(output / "a_0000.nii.gz")
    assert np.array_equal(found, invert(values))
    assert geometry == read_image(images / "a_0000.nii.gz")[1]

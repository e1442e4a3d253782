"""A candidate whose image is not there: what to do is told by the names that are."""

from pathlib import Path

import pytest

from nnunet_deepstaple.datasets.candidates import Candidate
from nnunet_deepstaple.datasets.matching import match
from nnunet_deepstaple.datasets.raw_dataset import Images
from nnunet_deepstaple.errors import InputError


def matched(path, image, name, images):
    candidates = {image: [Candidate(image, name, Path(path))]}
    known = Images({one: [Path(f"{one}_0000.nii.gz")] for one in images}, ".nii.gz")
    return match(known, candidates, Path("images"), [Path("labels")])


@pytest.mark.parametrize(
    ("path", "image", "name", "images", "message"),
    [
        ("r0/p0_0000.nii.gz", "p0_0000", "r0", ["p0"], "rename it to p0.nii.gz"),
        ("p0_0000__r0.nii.gz", "p0_0000", "r0", ["p0"], "rename it to p0__r0.nii.gz"),
        ("p0_0000/r0.nii.gz", "p0_0000", "r0", ["p0"], "without the channel's number; rename its folder to p0"),
        ("r0/p0_seg.nii.gz", "p0_seg", "r0", ["p", "p0"], "rename it to p0.nii.gz if that is 'p0'"),
        ("r0/p0-pred.nii.gz", "p0-pred", "r0", ["p0"], "rename it to p0.nii.gz if that is 'p0'"),
        ("r0/P0.nii.gz", "P0", "r0", ["p0"], "rename it to p0.nii.gz if that is 'p0'"),
        ("r0/p0.nii.gz", "p0", "r0", ["p0_T1"], "rename it to p0_T1.nii.gz if that is 'p0_T1'"),
        ("p0/r0.nii.gz", "r0", "p0", ["p0"], "and 'p0' is; give -layout by_image"),
        ("r0/p10.nii.gz", "p10", "r0", ["p1"], "in images; add p10_0000.nii.gz or remove the candidate"),
    ],
)
def test_the_remedy_fits_the_cause(path, image, name, images, message):
    with pytest.raises(InputError, match=rf"{path} ?.*{message}"):
        matched(path, image, name, images)


def test_an_image_without_candidates():
    with pytest.raises(InputError, match="image 'p1' has no candidate in labels"):
        matched("r0/p0.nii.gz", "p0", "r0", ["p0", "p1"])


@pytest.mark.parametrize("mixed", [False, True])
def test_images_with_four_digits_and_no_channel_number(mixed):
    """As BraTS and AMOS number their images: they were read as channels of one image."""
    files = {"B": [Path(f"B_{number:04d}.nii.gz") for number in range(3)]}
    if mixed:
        files = {"B": [Path("B_0000.nii.gz")], "B_0001": [Path("B_0001_0000.nii.gz")]}
    candidates = {f"B_{number:04d}": [Candidate(f"B_{number:04d}", "r0", Path("r0/x.nii.gz"))] for number in range(3)}
    with pytest.raises(InputError, match=r"B_0000\.nii\.gz seems to be image 'B_0000'.*rename it to B_0000_0000\.nii"):
        match(Images(files, ".nii.gz"), candidates, Path("images"), [Path("labels")])

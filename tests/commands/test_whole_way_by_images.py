"""From atlases to a trained network without scores: register, fuse by the warped images, train on the labels."""

from argparse import Namespace

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import write_image
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from scripts.register_convexadam import register_pair
from scripts.registration import register_pairs

from ..conftest import shrink_plans
from ..nnunet_runs import Workspace
from ..warped_atlases import SHAPE, anatomy

TARGETS, ATLASES = ["scan0", "scan1", "scan2"], ["atlas0", "atlas1", "atlas2", "atlas3"]


def demons(fixed: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """A registration that needs no more than SimpleITK."""
    method = sitk.FastSymmetricForcesDemonsRegistrationFilter()
    method.SetNumberOfIterations(30)
    method.SetStandardDeviations(1.0)
    field = method.Execute(*(sitk.GetImageFromArray(one.astype(np.float32)) for one in (fixed, moving)))
    return sitk.GetArrayFromImage(field)[..., ::-1]


@pytest.fixture
def data(tmp_path):
    """Images, and atlases with labels; the true labels of the images lie in ``truth``."""
    grid = Geometry.axis_aligned(SHAPE[::-1])
    places = [(name, tmp_path / "images", tmp_path / "truth") for name in TARGETS]
    places += [(name, tmp_path / "atlases/images", tmp_path / "atlases/labels") for name in ATLASES]
    for seed, (name, images, labels) in enumerate(places):
        for folder in (images, labels):
            folder.mkdir(parents=True, exist_ok=True)
        image, truth = anatomy(SHAPE, seed)
        write_image(image, grid, images / f"{name}_0000.nii.gz")
        write_label_map(truth, grid, labels / f"{name}.nii.gz")
    return tmp_path


@pytest.mark.slow
def test_atlases_teach_a_network_without_scores(data):
    workspace = Workspace.within(data)
    candidates, warped = data / "candidates", data / "warped"
    given = Namespace(i=data / "images", a=data / "atlases", o=candidates, warped=warped, k=0, seed=0)
    register_pairs(given, lambda pair: register_pair(pair, demons))
    workspace.run("ds_prepare", "-i", data / "images", "-l", candidates, "-d", 801, "-n", "Atlases")
    labels = workspace.raw / "Dataset801_Atlases/labelsTr"

    def wrong_voxels(name: str, *options: object) -> int:
        workspace.run("ds_fuse", "-i", labels, "-o", data / name, "-np", 1, *options)
        pairs = [(data / name / f"{image}.nii.gz", data / f"truth/{image}.nii.gz") for image in TARGETS]
        return sum(int((read_label_map(one)[0] != read_label_map(other)[0]).sum()) for one, other in pairs)

    by_images = wrong_voxels("fused", "-atlas_images", warped, "-d_out", "802_Joint")
    assert by_images < 0.9 * wrong_voxels("by_labels")

    workspace.run("ds_plan_and_preprocess", "-d", 802, "-c", "2d", "-np", 1)
    shrink_plans(workspace.preprocessed / "Dataset802_Joint", "2d")
    workspace.train(802, "2d", "nnUNetTrainer_brief", fold="all")
    assert (workspace.fold("Dataset802_Joint", "2d", "nnUNetTrainer_brief", "all") / "checkpoint_final.pth").is_file()

"""The page of an image that was fused by its atlases' images shows which atlas weighed most where."""

from pathlib import Path

import numpy as np
import pytest

from nnunet_deepstaple.files.image_files import read_image, write_image
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from nnunet_deepstaple.fusion import Request, fuse_folder
from nnunet_deepstaple.fusion.rules.weighted import spectral, weighted
from nnunet_deepstaple.fusion.weights.weights import Weights
from nnunet_deepstaple.progress import no_progress
from nnunet_deepstaple.report.atlases import atlas_maps
from nnunet_deepstaple.report.folder import make_report
from nnunet_deepstaple.report.image_votes import read_image_votes
from nnunet_deepstaple.report.inputs import find_inputs
from nnunet_deepstaple.report.request import ReportRequest

from ..warped_atlases import write_atlases


@pytest.fixture
def fused(tmp_path: Path) -> ReportRequest:
    """One image, fused from nine atlases, of which atlas3 is registered without an error."""
    data = write_atlases(tmp_path / "data", images=1, count=9)
    image, grid = read_image(data / "images/scan0_0000.nii.gz")
    write_image(image, grid, data / "warped/scan0__atlas3.nii.gz")
    write_label_map(read_label_map(data / "truth/scan0.nii.gz")[0], grid, data / "candidates/scan0__atlas3.nii.gz")
    by_images = {"images": data / "images", "atlas_images": data / "warped", "features": "intensity"}
    fuse_folder(Request([data / "candidates"], tmp_path / "fused", **by_images))
    return ReportRequest([data / "candidates"], tmp_path / "report", fused=tmp_path / "fused", images=data / "images")


def found(request: ReportRequest):
    return find_inputs(request, request.fused, lambda _: None).images["scan0"]


def test_an_atlas_that_looks_like_the_image_weighs_most(fused):
    inputs = found(fused)
    votes = read_image_votes(inputs)
    maps = atlas_maps(votes, inputs)
    assert maps.winners[0].name == "atlas3"
    assert maps.winners[0].share > 0.9
    assert maps.winners[-1].name == ""
    assert sum(one.share for one in maps.winners) == pytest.approx(1)
    differ = (votes.candidates.patterns != votes.candidates.patterns[:, :1]).any(axis=1)
    assert np.array_equal(maps.heaviest > 0, votes.map.paint(differ))


def test_changed_labels_are_those_that_one_weight_an_atlas_would_not_give(fused):
    inputs = found(fused)
    votes = read_image_votes(inputs)
    weights = spectral(votes.candidates).weights
    by_labels = votes.map.paint(votes.map.labels[weighted(votes.candidates, Weights(weights)).labels])
    consensus, _ = read_label_map(fused.fused / "scan0.nii.gz")
    changed = atlas_maps(votes, inputs).changed
    assert np.array_equal(changed, consensus != by_labels)
    assert changed.any()


def test_the_page_shows_it(fused):
    make_report(fused, lambda _: None, no_progress)
    page = (fused.output / "images/scan0.html").read_text(encoding="utf-8")
    assert "Which atlas weighed most" in page
    assert page.count("-heaviest") == page.count("-changed") == 6


def test_images_that_are_gone_are_told(fused, tmp_path):
    (tmp_path / "data/warped").rename(tmp_path / "elsewhere")
    said = []
    make_report(fused, said.append, no_progress)
    assert any("which atlas weighed most" in note for note in said)
    assert "Which atlas" not in (fused.output / "images/scan0.html").read_text(encoding="utf-8")


def test_patches_of_one_voxel_stay_so(fused, tmp_path):
    data = tmp_path / "data"
    by_images = {"images": data / "images", "atlas_images": data / "warped", "features": "intensity", "patch_radius": 0}
    fuse_folder(Request([data / "candidates"], tmp_path / "fused", **by_images))
    assert found(fused).atlas_images.options.radius == 0

"""How sure labels are goes by all images of a run, and not by the order, the parts or the processes."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnunet_deepstaple.fusion import Request, fuse_folder
from nnunet_deepstaple.fusion.decision.calibration import exponent_of

from ..commands.fuse_runs import write_candidates
from ..label_map_files import save
from .examples import noisy_candidates


@pytest.fixture
def candidates(tmp_path) -> Path:
    """Three images whose candidates differ little, more and much."""
    rng = np.random.default_rng(0)
    truth = np.zeros((9, 10, 11), np.uint8)
    truth[2:7, 2:8, 2:9] = 1
    for image, wrong in enumerate((0.01, 0.03, 0.3)):
        for k in range(5):
            save(tmp_path / f"c/image{image}__c{k}.nii.gz", np.where(rng.random(truth.shape) < wrong, 1 - truth, truth))
    return tmp_path / "c"


def fused(candidates: Path, output: Path, **options) -> dict:
    fuse_folder(Request([candidates], output, rule="spectral", save_probabilities=True, **options))
    if not (output / "fusion.json").exists():
        return {}
    return json.loads((output / "fusion.json").read_text())["images"]


def test_each_image_goes_half_by_itself_and_half_by_all(candidates, tmp_path):
    found = {image: one["calibration"] for image, one in fused(candidates, tmp_path / "fused").items()}
    overlaps = [one["overlap"] for one in found.values()]
    assert overlaps == sorted(overlaps, reverse=True)
    for one in found.values():
        assert one["of_images"] == pytest.approx(np.mean(overlaps), abs=1e-6)
        assert one["exponent"] == pytest.approx(exponent_of(one["overlap"], 1.25, one["of_images"]), abs=1e-8)


def test_parts_processes_and_continued_runs_tell_the_same(candidates, tmp_path):
    fused(candidates, tmp_path / "whole")
    for part in range(2):
        fused(candidates, tmp_path / "parts", part=(part, 2), workers=2)
    fused(candidates, tmp_path / "continued", part=(1, 2))
    fused(candidates, tmp_path / "continued", keep=True)
    for image in range(3):
        one, *others = (
            np.load(tmp_path / f"{run}/image{image}.npz")["probabilities"] for run in ("whole", "parts", "continued")
        )
        assert all(np.array_equal(one, other) for other in others)


def test_an_image_alone_goes_by_itself(candidates, tmp_path):
    for image in (1, 2):
        for path in candidates.glob(f"image{image}__*"):
            path.unlink()
    told = fused(candidates, tmp_path / "fused")["image0"]["calibration"]
    assert told["of_images"] is None
    assert told["exponent"] == pytest.approx(exponent_of(told["overlap"], 1.25))


def test_nothing_is_compared_where_nothing_is_told(candidates, tmp_path):
    seen: list[str] = []

    def progress(items, title, _):
        seen.append(title)
        return items

    for rule, told in (("spectral", False), ("simple", True), ("spectral", True)):
        request = Request([candidates], tmp_path / f"{rule}{told}", rule=rule, save_vote_share=told)
        fuse_folder(request, progress=progress)
    assert seen.count("Comparing voters") == 1


def test_a_changed_set_is_told_when_a_run_is_continued(candidates, tmp_path):
    first = fused(candidates, tmp_path / "fused")
    for k, labels in enumerate(noisy_candidates(np.random.default_rng(1), 5, (9, 10, 11))):
        save(candidates / f"image3__c{k}.nii.gz", labels)
    said: list[str] = []
    request = Request([candidates], tmp_path / "fused", rule="spectral", save_probabilities=True, keep=True)
    images = fuse_folder(request, said.append).images
    before = first["image0"]["calibration"]["of_images"]
    now = images["image3"].calibration.of_images
    assert images["image0"].calibration.of_images == before != now
    (told,) = [one for one in said if "mean overlap" in one]
    assert f"of 3 images that are done go by a mean overlap of {before}, and the new ones by {now}" in told


@pytest.mark.parametrize(("count", "told"), [(3, True), (4, False)])
def test_that_few_voters_tell_little_is_said_and_kept(tmp_path, count, told):
    candidates = write_candidates(tmp_path / "c", count=count)
    said: list[str] = []
    request = Request([candidates], tmp_path / "fused", rule="spectral", save_vote_share=True)
    record = fuse_folder(request, said.append).record
    for sentences in (said, record.notes):
        assert any("nobody can know" in one for one in sentences) == told

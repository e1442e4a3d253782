"""A fusion.json that was edited or damaged: what it says of each image, or one line."""

import json
from pathlib import Path

import pytest
from hypothesis import given

from nnunet_deepstaple.datasets.candidates import Candidate
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.report.fused_image import fused_image, record_in

from ..fuzz import changed, fuzz, read_or_one_line

IMAGE = {
    "candidates": ["a", "b"],
    "weights": [0.6, 0.3],
    "effective_candidates": 1.8,
    "quality": {"score": [0.5, 0.25], "by_label": [[0.1, 0.2], [0.3, None]]},
    "convergence": {"iterations": 3, "converged": True},
    "patterns": 4,
    "voxels": {"0": 100, "1": 10},
    "volume": {"1": 10.0},
    "warnings": ["small"],
    "predictions": {"fold_0/predictions": 0.1},
    "network_trust": {"fold_0/predictions": 1.0},
    "ratings": {"candidates": {"a": "good"}, "consensus": "accept"},
    "files": {"b": [1, 2, "0f"]},
}
RECORD = {
    "format": 1,
    "nnunet_deepstaple": "0.1.0",
    "numpy": "2",
    "SimpleITK": "2",
    "rule": "weighted",
    "score_files": [{"file": "/s.csv", "sha256": "0f"}],
    "images": {"p0": IMAGE},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("p0__a.nii.gz", "p0__b.nii.gz", "p0.nii.gz"):
        (tmp_path / name).touch()
    return tmp_path


def read(path: Path):
    candidates = [Candidate("p0", name, path.parent / f"p0__{name}.nii.gz") for name in "ab"]
    return fused_image(path.parent, record_in(path.parent), candidates)


def write(folder: Path, content: object) -> Path:
    path = folder / "fusion.json"
    path.write_text(json.dumps(content), encoding="utf-8", errors="surrogatepass")
    return path


def test_a_sound_record_and_a_candidate_that_changed(folder):
    found = read(write(folder, RECORD))
    assert found.weights == {"a": 0.6, "b": 0.3, "fold_0/predictions": 0.1}
    assert (found.rating, found.changed) == ("accept", ["p0__b"])


@pytest.mark.parametrize(
    "weights", [[1], [0, 0], [1e308, 1e308], [-5, 5], [float("inf"), 0], [float("nan"), 1], ["a", "b"]]
)
def test_weights_that_are_none(folder, weights):
    with pytest.raises(InputError, match=r"fusion\.json.*; fuse again with ds_fuse"):
        read(write(folder, {**RECORD, "images": {"p0": {**IMAGE, "weights": weights}}}))


@pytest.mark.parametrize("values", [[[], 0.25], [[0.1, 0.2], [0.3]], [0.5]])
def test_estimates_of_unlike_shapes(folder, values):
    with pytest.raises(InputError, match=r"'score' of image 'p0' has not one entry a candidate; fuse again"):
        read(write(folder, {**RECORD, "images": {"p0": {**IMAGE, "quality": {"score": values}}}}))


@fuzz
@given(content=changed(RECORD))
def test_any_content(folder, content):
    read_or_one_line(read, write(folder, content))

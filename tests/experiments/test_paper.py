import numpy as np
import pytest

from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from scripts.experiments.paper import blurred_mean, write_mixed
from scripts.experiments.slices.disturbances import disturb_as_the_paper

GRID = Geometry.axis_aligned((40, 30, 20))


def box(shift: int = 0, value: int = 1) -> np.ndarray:
    labels = np.zeros(GRID.size[::-1], np.uint8)
    labels[6:14, 8:22, 10 + shift : 28 + shift] = value
    return labels


def test_the_papers_disturbance_is_affine_or_transposed_and_rolled():
    labels = box()[10]
    assert labels.shape == (30, 40)
    disturbed = [disturb_as_the_paper(labels, 2, np.random.default_rng(seed)) for seed in range(40)]
    assert all(one.shape == labels.shape and set(np.unique(one)) <= {0, 1} for one in disturbed)
    rolled = sum(one.sum() == labels.T[:30, :30].sum() for one in disturbed)  # an affine map changes the size
    assert 10 < rolled < 30
    overlap = [2 * (one & labels).sum() / (one.sum() + labels.sum()) for one in disturbed]
    assert 0 < np.mean(overlap) < 0.7


def test_the_affine_disturbance_of_no_strength_is_none():
    labels = box()[10]
    kept = [disturb_as_the_paper(labels, 0, np.random.default_rng(seed)) for seed in range(20)]
    assert any(np.array_equal(one, labels) for one in kept)


def test_a_blurred_mean_is_smoother_than_what_it_is_made_of():
    labels = [box(-2), box(0), box(2)]
    mean = blurred_mean(labels)
    assert mean[10, 15, 19] == 1
    assert 0 < mean.sum() < box().sum()  # its corners are rounded off
    assert set(np.unique(mean)) == {0, 1}


def test_half_of_the_images_get_their_best_candidate(tmp_path):
    for folder in ("candidates", "oracle"):
        (tmp_path / folder).mkdir()
    for image in "abcdef":
        write_label_map(box(), GRID, tmp_path / f"oracle/{image}.nii.gz")
        for name, shift in (("near", 1), ("far", 6)):
            write_label_map(box(shift), GRID, tmp_path / f"candidates/{image}__{name}.nii.gz")
    poor = write_mixed(tmp_path, tmp_path / "mixed", seed=0)
    assert len(poor) == 3
    for image in "abcdef":
        labels, _ = read_label_map(tmp_path / f"mixed/{image}__label.nii.gz")
        assert np.array_equal(labels, box(1)) == (image not in poor)


@pytest.mark.parametrize("missing", ["atlases", "candidates"])
def test_what_the_data_lack_is_told(tmp_path, missing, monkeypatch, capsys):
    from scripts.experiments.paper import main

    for folder in {"atlases", "images", "candidates", "oracle"} - {missing}:
        (tmp_path / folder).mkdir()
    monkeypatch.setattr("sys.argv", ["paper", "-data", str(tmp_path), "-w", str(tmp_path / "w"), "-o", "out"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert f"{tmp_path / missing} is not a folder" in capsys.readouterr().err

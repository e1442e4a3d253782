"""What the preparation makes of real contours: as like one another as the authors' crops, and as complete."""

from pathlib import Path

import numpy as np
import pytest

from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from scripts.vestibular.contours import COCHLEA, TUMOUR, read_contours
from scripts.vestibular.crops import Window, restore, write_crop
from scripts.vestibular.heads import Atlas, find_atlas
from scripts.vestibular.layout import Scan
from scripts.vestibular.release import find_drawings
from scripts.vestibular.shapes import Shape, label_map

from .drawn import REAL, needs_real_contours

pytestmark = [
    pytest.mark.slow,
    needs_real_contours,
]

PATIENTS = 60
SPACING = (0.5, 0.5, 1.5)
FIELD = np.array([130.0, 90.0, 60.0])
"""Millimetres of an image, about the middle of the world and the cochlea's height."""


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Atlas], list[np.ndarray]]:
    """Atlases of 60 patients, and the tumours that their crops show."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "images").mkdir()
    drawn = [read_contours(one.contours) for one in find_drawings(REAL / "contours", "T1")]
    atlases, tumours = [], []
    for number, contours in enumerate([one for one in drawn if COCHLEA in one.structures][:PATIENTS], 1):
        shapes = {value: Shape.of(structure) for value, structure in contours.structures.items()}
        middle = np.mean(shapes[COCHLEA].box, axis=0) * [0, 1, 1]
        size = tuple(np.round(FIELD / SPACING).astype(int).tolist())
        grid = Geometry(size, SPACING, tuple(middle - FIELD / 2), tuple(np.eye(3).ravel().tolist()))
        path = folder / f"crossmoda_{number}_Label.nii.gz"
        write_label_map(label_map(shapes, grid), grid, path)
        atlas = find_atlas(Scan(f"crossmoda_{number}", path, path))  # the label map is its own image here
        assert atlas is not None
        window = Window(128, (0, 128))
        write_crop(atlas.head, window, atlas.place, folder / "prepared", labels=folder / "prepared/labels")
        atlases.append(atlas)
        tumours.append(read_label_map(folder / f"prepared/labels/{atlas.head.name}.nii.gz")[0] == 1)
    return folder, atlases, tumours


def pairwise_dice(tumours: list[np.ndarray]) -> np.ndarray:
    """Dice of each tumour with each, shape (N, N)."""
    flat = np.stack([tumour[24:104:2, 24:104:2, ::2].ravel() for tumour in tumours]).astype(np.float32)
    both, each = flat @ flat.T, flat.sum(axis=1)
    return 2 * both / (each[:, None] + each)


def test_crops_are_as_like_one_another_as_the_authors(cut: tuple[Path, list[Atlas], list[np.ndarray]]) -> None:
    """Theirs, before registration, have a mean Dice of 0.296 on the same side over 60 targets."""
    _, atlases, tumours = cut
    dice = pairwise_dice(tumours)
    left = np.array([atlas.head.side == "left" for atlas in atlases])
    others = ~np.eye(len(dice), dtype=bool)
    same_side = dice[(left[:, None] == left) & others].mean()
    mirrored = dice[left[:, None] & ~left].mean()
    found = f"same side {same_side:.3f}, mirrored right with left {mirrored:.3f}, all {dice[others].mean():.3f}"
    print(found)  # noqa: T201 (shown by pytest -s)
    assert 10 < left.sum() < 50
    assert 0.26 <= same_side <= 0.36
    assert mirrored >= 0.25
    assert 0.26 <= dice[others].mean() <= 0.34
    # Front–back, as the authors' loader mirrors, and not at all, right tumours miss left ones.
    front_back = [np.flip(t, (1, 2)) if not is_left else t for t, is_left in zip(tumours, left, strict=True)]
    assert pairwise_dice(front_back)[left[:, None] & ~left].mean() < 0.05


def test_the_window_holds_the_whole_tumour(cut: tuple[Path, list[Atlas], list[np.ndarray]]) -> None:
    _, atlases, _ = cut
    inside = [np.abs(np.array(atlas.reach)).max() < 32 for atlas in atlases]
    assert np.mean(inside) >= 0.95
    levels = np.concatenate([np.argwhere(tumour)[:, 0] for tumour in cut[2]])
    assert np.mean((levels >= 45) & (levels < 95)) > 0.97  # the paper's levels


def test_labels_go_back_to_where_they_came_from(
    cut: tuple[Path, list[Atlas], list[np.ndarray]], tmp_path: Path
) -> None:
    folder, atlases, _ = cut
    dice = []
    for path, atlas in zip(
        restore(folder / "prepared/labels", [folder / "prepared"], tmp_path),
        sorted(atlases, key=lambda atlas: f"{atlas.head.name}.nii.gz"),
        strict=True,
    ):
        assert path.name == f"{atlas.head.scan.case}.nii.gz"
        restored, original = read_label_map(path)[0] == TUMOUR, atlas.head.mask(TUMOUR)
        dice.append(2 * (restored & original).sum() / (restored.sum() + original.sum()))
    print(f"restored: mean Dice {np.mean(dice):.3f}, least {min(dice):.3f}")  # noqa: T201 (shown by pytest -s)
    assert np.mean(dice) >= 0.95
    assert min(dice) >= 0.85

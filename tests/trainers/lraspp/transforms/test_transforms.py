import numpy as np
import pytest
import torch

from nnunet_deepstaple.trainers.lraspp.transforms.affine import Affine
from nnunet_deepstaple.trainers.lraspp.transforms.bspline import BSpline
from nnunet_deepstaple.trainers.lraspp.transforms.deformation import DeformationTransform, Displacement
from nnunet_deepstaple.trainers.lraspp.transforms.noise import NoiseTransform
from nnunet_deepstaple.trainers.lraspp.transforms.upscaling import UpscalingTransform


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def identity(*shape: int) -> torch.Tensor:
    axes = len(shape)
    return torch.nn.functional.affine_grid(torch.eye(axes + 1)[None, :-1], [1, 1, *shape], align_corners=False)


def spread(shape: tuple[int, ...], draws: int) -> np.ndarray:
    """Root mean square of the B-spline's displacement in voxels, axis by axis."""
    fields = torch.stack([BSpline().draw(identity(*shape))[0] for _ in range(draws)])
    normalised = fields.square().flatten(0, -2).mean(0).sqrt().flip(0)
    return (normalised * torch.tensor(shape) / 2).numpy()


def test_noise_has_the_papers_strength_and_leaves_labels_alone():
    data = {"image": torch.zeros(2, 100, 100), "segmentation": torch.ones(1, 100, 100, dtype=torch.int16)}
    noisy = NoiseTransform()(**data)
    assert noisy["image"].std() == pytest.approx(0.05, rel=0.05)
    assert noisy["image"].mean() == pytest.approx(0, abs=0.002)
    assert torch.all(noisy["segmentation"] == 1)


@pytest.mark.parametrize(("shape", "factor", "large"), [((8, 10), 2, (16, 20)), ((4, 6, 50), 1.5, (6, 9, 75))])
def test_upscaling(shape, factor, large):
    labels = torch.randint(-1, 3, (1, *shape), dtype=torch.int16)
    ramp = torch.linspace(0, 1, shape[-1]).expand(2, *shape)
    given = UpscalingTransform(factor)(image=ramp, segmentation=labels)
    assert given["image"].shape == (2, *large)
    assert given["segmentation"].shape == (1, *large)
    assert given["segmentation"].dtype == torch.int16
    assert set(given["segmentation"].unique().tolist()) <= {-1, 0, 1, 2}
    assert torch.all(given["image"].diff(dim=-1) >= 0)


def test_the_b_splines_displacement_is_as_large_as_the_papers():
    y, x = spread((256, 256), 100)
    assert 42 <= y <= 75  # the authors' has a standard deviation of 42 to 52 within a patch; this is around 0
    assert 42 <= x <= 75
    np.testing.assert_allclose(spread((75, 192, 192), 60), (10, 26, 10), rtol=0.25)


def test_the_affine_matrix_is_the_papers():
    grid = identity(9, 9)
    matrices = []
    for _ in range(400):
        moved = Affine().draw(grid)
        assert torch.all(moved[0, 4, 4].abs() < 1e-6)  # the centre stays
        matrices.append(torch.linalg.lstsq(grid[0].flatten(0, 1), moved[0].flatten(0, 1)).solution)
    entries = torch.stack(matrices)
    assert entries.std() == pytest.approx(0.2, rel=0.1)
    assert entries.mean() == pytest.approx(0, abs=0.02)


class Shift(Displacement):
    """Every voxel shows what lies two voxels further along the last axis."""

    probability = 1

    def draw(self, grid):
        shift = torch.zeros_like(grid)
        shift[..., 0] = 2 * 2 / grid.shape[-2]
        return shift


def test_image_and_labels_move_together_and_the_border_is_repeated():
    image = torch.arange(8.0).expand(1, 6, 8).clone()
    labels = (image >= 4).to(torch.int16)
    moved = DeformationTransform([Shift()])(image=image, segmentation=labels)
    torch.testing.assert_close(moved["image"][0, 0], torch.tensor([2.0, 3, 4, 5, 6, 7, 7, 7]))
    assert moved["segmentation"][0, 0].tolist() == [0, 0, 1, 1, 1, 1, 0, 0]
    assert moved["segmentation"].dtype == torch.int16


def test_displacements_come_as_often_as_their_probabilities_say():
    transform = DeformationTransform([BSpline(), Affine()])
    patch = {"image": torch.zeros(1, 8, 8)}
    without = sum(transform.get_parameters(**patch)["grid"] is None for _ in range(2000))
    assert without / 2000 == pytest.approx(0.05 * 0.55, abs=0.012)


def test_without_a_displacement_nothing_is_sampled():
    shift = Shift()
    shift.probability = 0
    image, labels = torch.randn(1, 5, 6, 7), torch.ones(1, 5, 6, 7, dtype=torch.int16)
    kept = DeformationTransform([shift])(image=image, segmentation=labels)
    assert kept["image"] is image
    assert kept["segmentation"] is labels

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.geometry import Geometry
from scripts.vestibular.transforms import Affine, read_t2_to_t1

from .drawn import REAL, needs_real_contours


def written(path, patient="sub-001"):
    transform = sitk.AffineTransform(3)
    transform.SetMatrix((0.9, 0.1, 0, -0.1, 1.1, 0, 0, 0.2, 1))
    transform.SetTranslation((1, 2, 3))
    transform.SetCenter((10, 0, -5))
    sitk.WriteTransform(transform, str(path))
    with path.open("a") as file:
        file.write(f"#PatientID: {patient}\n")
    return transform


def test_points_go_where_itk_says(tmp_path):
    path = tmp_path / "inv_T1_LPS_to_T2_LPS.tfm"
    transform = written(path)
    points = np.random.default_rng(0).normal(0, 30, (20, 3))
    np.testing.assert_allclose(
        read_t2_to_t1(path, "sub-001")(points), [transform.TransformPoint(point) for point in points.tolist()]
    )


def test_maps_combine_and_invert():
    one = Affine(np.array([[2.0, 0, 1], [0, 1, 0], [0, 1, 1]]), np.array([1.0, 2, 3]))
    other = Affine.of_grid(Geometry((4, 5, 6), (0.5, 0.5, 1.5), (-3, 4, 5), (1, 0, 0, 0, -1, 0, 0, 0, 1)))
    points = np.random.default_rng(0).normal(0, 3, (7, 3))
    np.testing.assert_allclose(one.after(other)(points), one(other(points)))
    np.testing.assert_allclose(one.inverse()(one(points)), points, atol=1e-12)
    np.testing.assert_allclose(other(np.array([[2, 3, 4]])), [[-2, 2.5, 11]])


def test_the_transform_of_another_patient_is_refused(tmp_path):
    path = tmp_path / "inv_T1_LPS_to_T2_LPS.tfm"
    written(path, "VS-SEG-007")
    with pytest.raises(InputError, match="transform of patient VS-SEG-007, the contours are of VS-SEG-001"):
        read_t2_to_t1(path, "VS-SEG-001")


@pytest.mark.parametrize("content", [None, "no transform", "#Insight Transform File V1.0\nTransform: nothing\n"])
def test_what_is_no_transform_is_refused(tmp_path, content):
    path = tmp_path / "inv_T1_LPS_to_T2_LPS.tfm"
    if content:
        path.write_text(content)
    with pytest.raises(InputError, match=r"cannot be read as an affine transform"):
        read_t2_to_t1(path, "a")


@needs_real_contours
def test_real_contours_of_t1_fall_on_those_of_t2():
    """As written the release's transforms map T2 to T1; the other way round the contours lie apart."""
    from scripts.vestibular.contours import TUMOUR, read_contours
    from scripts.vestibular.shapes import Shape, label_map

    dice: dict[str, list[float]] = {"carried": [], "not carried": []}
    for case in ("sub-001", "sub-034", "sub-050", "sub-076", "sub-098"):
        drawn = {name: read_contours(REAL / f"contours/{case}_{name}.json.gz") for name in ("T1w", "T2w")}
        shapes = {name: {1: Shape.of(contours.structures[TUMOUR])} for name, contours in drawn.items()}
        onto = read_t2_to_t1(REAL / f"transforms/{case}_inv_T1_LPS_to_T2_LPS.tfm", drawn["T1w"].patient)
        low, high = shapes["T2w"][1].box
        size = tuple(np.ceil((high - low + 4) / 0.5).astype(int).tolist())
        grid = Geometry(size, (0.5,) * 3, tuple(low - 2), tuple(np.eye(3).ravel()))
        truth = label_map(shapes["T2w"], grid)
        for name, transform in (("carried", onto), ("not carried", None)):
            labels = label_map(shapes["T1w"], grid, transform)
            dice[name].append(2 * (labels & truth).sum() / (labels.sum() + truth.sum()))
    assert min(dice["carried"]) > 0.95
    assert np.mean(dice["carried"]) > np.mean(dice["not carried"])

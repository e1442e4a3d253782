import shutil

import numpy as np
import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.label_maps import write_label_map
from scripts.vestibular.layout import find_sources, find_targets, read_sides

GRID = Geometry.axis_aligned((6, 5, 4))


def write(path, labels=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_label_map(np.zeros(GRID.size[::-1], np.uint8) if labels is None else labels, GRID, path)


def test_names_of_2021_and_2022_are_found(tmp_path):
    for case in ("crossmoda_1", "crossmoda2022_ldn_12", "crossmoda2022_etz_7"):
        for ending in ("ceT1", "Label"):
            write(tmp_path / f"source_training/{case}_{ending}.nii.gz")
        write(tmp_path / f"target_training/{case}_hrT2.nii.gz")
    names = ["crossmoda2022_etz_7", "crossmoda2022_ldn_12", "crossmoda_1"]
    assert [scan.case for scan in find_sources(tmp_path)] == names
    targets = find_targets(tmp_path / "target_training", None)
    assert [(scan.case, scan.label) for scan in targets] == [(name, None) for name in names]
    assert find_targets(tmp_path / "target_validation", None) == []


def test_target_labels_come_from_a_folder_of_their_own(tmp_path):
    write(tmp_path / "target_training/crossmoda_106_hrT2.nii.gz")
    write(tmp_path / "tcia/crossmoda_106.nii.gz")
    (scan,) = find_targets(tmp_path / "target_training", tmp_path / "tcia")
    assert scan.label == tmp_path / "tcia/crossmoda_106.nii.gz"
    with pytest.raises(InputError, match=r"has no label map crossmoda_106_Label\.nii\.gz"):
        find_targets(tmp_path / "target_training", tmp_path)


def test_a_missing_label_and_a_missing_folder_are_told(tmp_path):
    with pytest.raises(InputError, match="source_training is not a folder"):
        find_sources(tmp_path)
    write(tmp_path / "source_training/crossmoda_1_Label.nii.gz")
    with pytest.raises(InputError, match=r"holds no images named <case>_ceT1\.nii\.gz"):
        find_sources(tmp_path)
    write(tmp_path / "source_training/crossmoda_2_ceT1.nii.gz")
    with pytest.raises(InputError, match=r"has no label map crossmoda_2_Label\.nii\.gz for .*crossmoda_2_ceT1"):
        find_sources(tmp_path)


def test_other_label_values_and_grids_are_refused(tmp_path):
    image, label = (tmp_path / f"source_training/crossmoda_1_{ending}.nii.gz" for ending in ("ceT1", "Label"))
    write(image)
    write(label, np.full(GRID.size[::-1], 3, np.uint8))
    with pytest.raises(InputError, match=r"crossmoda_1_Label\.nii\.gz holds the label 3"):
        find_sources(tmp_path)[0].labels()
    write_label_map(np.zeros((4, 5, 7), np.uint8), Geometry.axis_aligned((7, 5, 4)), label)
    with pytest.raises(InputError, match=r"has size \(7, 5, 4\) instead of \(6, 5, 4\) as .*ceT1\.nii\.gz has"):
        find_sources(tmp_path)[0].labels()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("case,side\ncrossmoda_106,left\n", "has no side for image 'crossmoda_107'"),
        ("case,side\ncrossmoda_106,up\n", "has no case and no side that is left or right"),
        ("image\ncrossmoda_106\n", "has no case and no side that is left or right"),
    ],
)
def test_an_image_without_side_is_told(tmp_path, table, message):
    for number in (106, 107):
        write(tmp_path / f"target_training/crossmoda_{number}_hrT2.nii.gz")
    scans = find_targets(tmp_path / "target_training", None)
    path = tmp_path / "sides.csv"
    path.write_text(table)
    with pytest.raises(InputError, match=message):
        read_sides(path, scans)
    with pytest.raises(InputError, match="cannot be read"):
        read_sides(tmp_path / "none.csv", scans)


def test_a_patient_may_have_a_tumour_on_both_sides(tmp_path):
    write(tmp_path / "target_training/crossmoda_106_hrT2.nii.gz")
    (tmp_path / "sides.csv").write_text("case,side\ncrossmoda_106,right\ncrossmoda_106,left\n")
    scans = find_targets(tmp_path / "target_training", None)
    assert read_sides(tmp_path / "sides.csv", scans) == {"crossmoda_106": ("left", "right")}
    shutil.rmtree(tmp_path / "target_training")

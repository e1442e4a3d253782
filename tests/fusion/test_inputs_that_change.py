"""Results are joined with their inputs by what these were, not by their names alone; one run has one folder."""

import json
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.lock import locked
from nnunet_deepstaple.fusion.folder import fuse_folder, run_plan
from nnunet_deepstaple.fusion.planning.plan import make_plan
from nnunet_deepstaple.fusion.planning.request import Request
from nnunet_deepstaple.fusion.record.run_record import read_record

from ..label_map_files import save

IMAGES = ("p0", "p1")


def square(at: int) -> np.ndarray:
    labels = np.zeros((6, 8, 8), np.uint8)
    labels[2:4, at : at + 3, 2:5] = 1
    return labels


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for image in IMAGES:
        for number in range(3):
            save(tmp_path / "c" / f"{image}__r{number}.nii.gz", square(1 + number % 2))
    return tmp_path


def request(folder: Path, **options) -> Request:
    return Request([folder / "c"], folder / "f", **{"rule": "majority", **options})


def move(folder: Path, image: str) -> None:
    for number in range(3):
        save(folder / "c" / f"{image}__r{number}.nii.gz", square(4))


def consensus(folder: Path, image: str) -> bytes:
    return (folder / "f" / f"{image}.nii.gz").read_bytes()


def test_going_on_fuses_again_what_changed(folders):
    fuse_folder(request(folders))
    before = consensus(folders, "p0")
    (folders / "c/p1__r0.nii.gz").touch()  # another time, and the same content
    move(folders, "p0")
    summary = fuse_folder(request(folders, keep=True))
    assert (summary.fused, summary.kept) == (1, 1)
    assert consensus(folders, "p0") != before
    assert read_record(folders / "f/fusion.json").inputs == summary.record.inputs


def test_parts_over_changed_candidates_do_not_end_with_what_others_made_before(folders):
    for part in range(2):
        whole = fuse_folder(request(folders, part=(part, 2)))
    assert whole.complete
    before = consensus(folders, "p1")
    move(folders, "p1")
    assert not fuse_folder(request(folders, part=(0, 2))).complete
    assert fuse_folder(request(folders, part=(1, 2))).complete
    assert consensus(folders, "p1") != before


def test_parts_agree_before_the_first_image(folders):
    fuse_folder(request(folders, part=(0, 2)))
    with pytest.raises(
        InputError, match=r"fusion\.part_0_of_2\.jsonl was begun with rule \"majority\", and part 1 has"
    ):
        fuse_folder(request(folders, part=(1, 2), rule="staple"))
    assert not (folders / "f/p1.nii.gz").exists()
    assert fuse_folder(request(folders, part=(1, 2))).complete


def test_a_candidate_that_changes_after_its_check_is_found(folders):
    plan = make_plan(request(folders))
    move(folders, "p1")
    with pytest.raises(InputError, match=r"p1__r0\.nii\.gz changed after it was checked; run again"):
        run_plan(plan)
    assert not (folders / "f/p1.nii.gz").exists()


@pytest.mark.parametrize(("part", "held"), [((0, 1), (0, 1)), ((0, 2), (0, 1)), ((0, 1), (1, 2)), ((0, 2), (0, 3))])
def test_a_second_run_into_a_folder_is_refused(folders, part, held):
    (folders / "f").mkdir()
    with locked(folders / "f" / ".fusion.part_{}_of_{}.lock".format(*held), folders):
        with pytest.raises(InputError, match=r"f is being written by .* \(process \d+ on .*, since .*\); wait"):
            fuse_folder(request(folders, part=part))
        assert len(list((folders / "f").iterdir())) == 1
    fuse_folder(request(folders, part=part))


def test_a_second_run_is_refused_before_any_label_map_is_read(folders):
    (folders / "f").mkdir()
    for path in (folders / "c").iterdir():
        path.write_bytes(b"")
    with locked(folders / "f/.fusion.part_0_of_1.lock", folders), pytest.raises(InputError, match="f is being written"):
        fuse_folder(request(folders))


def test_parts_of_one_fusion_run_at_once(folders):
    (folders / "f").mkdir()
    with locked(folders / "f/.fusion.part_1_of_2.lock", folders):
        fuse_folder(request(folders, part=(0, 2)))


def test_label_maps_of_images_that_are_gone_are_told_of(folders):
    fuse_folder(request(folders))
    for path in (folders / "c").glob("p1__*"):
        path.unlink()
    told: list[str] = []
    fuse_folder(request(folders), told.append)
    assert any("holds 1 label map of images that are not fused here, such as p1.nii.gz" in note for note in told)


def test_records_of_version_0_1_0_are_continued_by_their_names(folders):
    fuse_folder(request(folders))
    path = folders / "f/fusion.json"
    content = json.loads(path.read_text())
    for record in (content, *content["images"].values()):
        for name in ("inputs", "files"):
            record.pop(name, None)
    path.write_text(json.dumps(content))
    assert replace(read_record(path), images={}).inputs == ""
    assert fuse_folder(request(folders, keep=True)).kept == 2

"""Nothing in a folder of candidates vanishes: it is used, known, told of, or refused."""

import unicodedata
from pathlib import Path

import pytest

from nnunet_deepstaple.datasets.candidates import find_candidates, names_of_folders
from nnunet_deepstaple.datasets.listing import look_into
from nnunet_deepstaple.errors import InputError


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def names(candidates):
    return {image: [one.name for one in found] for image, found in candidates.items()}


def found_in(*folders, layout=None, **options):
    notes = []
    candidates, _ = find_candidates(folders, layout, notes.append, **options)
    return names(candidates), notes


@pytest.mark.parametrize("name", ["x__b.nii.gz", "run"])
def test_a_link_to_nowhere_is_refused(tmp_path, name):
    touch(tmp_path, "x__a.nii.gz")
    (tmp_path / name).symlink_to("../.git/annex/objects/x")
    with pytest.raises(InputError, match=r"is a link to \.\./\.git/annex/objects/x, which is not there"):
        find_candidates([tmp_path])


def test_links_in_a_circle_are_refused(tmp_path):
    touch(tmp_path, "x__a.nii.gz")
    (tmp_path / "x__b.nii.gz").symlink_to("x__b.nii.gz")
    with pytest.raises(InputError, match="which is not there"):
        find_candidates([tmp_path])


def test_known_files_are_passed_over_in_silence(tmp_path):
    known = ["dataset.json", "scores.csv", "x.npz", "x.pkl", "._x.nii.gz", ".DS_Store", "Thumbs.db", "read.txt"]
    touch(tmp_path, "a/x.nii.gz", "b/x.nii.gz", "__MACOSX/a/._x.nii.gz", *(f"a/{name}" for name in known))
    assert found_in(tmp_path) == ({"x": ["a", "b"]}, [])


def test_other_files_and_folders_are_told_of(tmp_path):
    touch(tmp_path, "a/x.nii.gz", "a/notes.odt", "a/figures/x.nii.gz", "b/x.nii.gz")
    found, notes = found_in(tmp_path)
    assert found == {"x": ["a", "b"]}
    assert [note for note in notes if "notes.odt" in note]
    assert [note for note in notes if "figures" in note]


@pytest.mark.parametrize("name", ["y.mgz", "y.img", "y.nii.bz2", "y.dcm", "y.nii.gz.part", "y.npy"])
def test_formats_that_nnunet_does_not_read_are_refused(tmp_path, name):
    touch(tmp_path, "a/x.nii.gz", f"b/{name}", "b/x.nii.gz")
    with pytest.raises(InputError, match=r"may be candidates.*--allow_doubtful"):
        find_candidates([tmp_path])
    found, notes = found_in(tmp_path, allow_doubtful=True)
    assert found == {"x": ["a", "b"]}
    assert name in notes[0]


def test_another_form_of_a_file_that_is_used_is_told_of(tmp_path):
    touch(tmp_path, "a/x.nii.gz", "a/x.jpg", "b/x.nii.gz", "b/x.nii.gz.bak")
    found, notes = found_in(tmp_path)
    assert found == {"x": ["a", "b"]}
    assert len(notes) == 2


def test_an_empty_folder_that_was_named_is_refused(tmp_path):
    touch(tmp_path, "a/x.nii.gz", "b/x.nii.gz")
    (tmp_path / "c").mkdir()
    with pytest.raises(InputError, match="c holds no label maps"):
        find_candidates([tmp_path / name for name in "abc"])
    assert [note for note in found_in(tmp_path)[1] if "c holds no label maps" in note]


def test_a_folder_named_like_a_file_is_told_of(tmp_path):
    touch(tmp_path, "x__a.nii.gz", "x__b.nii.gz/x__b.nii.gz")
    assert any("x__b.nii.gz" in note for note in found_in(tmp_path, layout="flat")[1])


def test_an_earlier_fusion_does_not_vote(tmp_path):
    touch(tmp_path, "a/x.nii.gz", "b/x.nii.gz", "fused/x.nii.gz", "fused/fusion.json", "half/x.nii.gz")
    touch(tmp_path / "half", "fusion.part_0_of_1.jsonl")
    found, notes = found_in(tmp_path)
    assert found == {"x": ["a", "b"]}
    assert "fused" in notes[0]
    assert "half" in notes[0]
    with pytest.raises(InputError, match="fused holds an earlier result of ds_fuse"):
        find_candidates([tmp_path / "a", tmp_path / "fused"])


def test_who_lacks_what_is_told(tmp_path):
    touch(tmp_path, *(f"a/p{n}.nii.gz" for n in range(4)), "b/p0.nii.gz", "b/p1.nii.gz", "c/p0_pred.nii.gz")
    _, notes = found_in(tmp_path)
    assert "candidate 'b' lacks 3 of 5 images: p0_pred, p2, p3" in notes
    assert "3 of 5 images have one candidate only: p0_pred, p2, p3" in notes


def test_raters_that_differ_from_image_to_image_are_counted(tmp_path):
    touch(tmp_path, "x__a.nii.gz", "x__b.nii.gz", "y__c.nii.gz", "z__d.nii.gz", "z__e.nii.gz")
    _, notes = found_in(tmp_path)
    assert notes[0] == "no candidate has half of the images; there are 1 to 2 candidates an image, with 5 names"


def test_slicers_ending_is_no_part_of_the_name(tmp_path):
    touch(tmp_path, "a/x.seg.nrrd", "b/x.seg.nrrd", "c/x.nrrd")
    assert found_in(tmp_path)[0] == {"x": ["a", "b", "c"]}


def test_in_a_dataset_the_ending_is_the_datasets(tmp_path):
    """As case ids were when the dataset was made."""
    touch(tmp_path, "labelsTr/x__a.seg.nrrd", "labelsTr/x__b.nrrd")
    (tmp_path / "dataset.json").write_text('{"file_ending": ".nrrd"}')
    assert found_in(tmp_path / "labelsTr")[0] == {"x": ["a.seg", "b"]}


def test_names_that_look_the_same_are_the_same(tmp_path):
    for form, folder in (("NFD", "a"), ("NFC", "b")):
        touch(tmp_path, f"{folder}/{unicodedata.normalize(form, 'Müller')}.nii.gz")
    found, notes = found_in(tmp_path)
    assert list(found.values()) == [["a", "b"]]
    assert any("accents are written in two ways" in note for note in notes)
    touch(tmp_path, f"a/{unicodedata.normalize('NFC', 'Müller')}.nii.gz")
    with pytest.raises(InputError, match=r"M\\xfcller.* and .*Mu\\u0308ller.* are both candidate 'a'"):
        find_candidates([tmp_path])


def test_one_candidate_alone_is_told_what_is_missing(tmp_path):
    touch(tmp_path, "model_a/x.nii.gz")
    with pytest.raises(
        InputError, match=r"model_a/x.nii.gz is not named <image>__<candidate>;.* give the folders of all"
    ):
        find_candidates([tmp_path / "model_a"])


def test_folders_that_look_the_same_are_refused():
    folders = [Path("/data") / unicodedata.normalize(form, "Müller") for form in ("NFC", "NFD")]
    with pytest.raises(InputError, match=r"'.*M\\xfcller' and '.*Mu\\u0308ller' look the same"):
        names_of_folders(folders)


def test_a_name_that_no_text_file_can_hold_is_refused(tmp_path):
    touch(tmp_path, "x__a.nii.gz", "x__b\n.nii.gz")
    with pytest.raises(InputError, match=r"x__b\\n\.nii\.gz' has a control character"):
        find_candidates([tmp_path])


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["runs/ants", "runs/elastix"], ["ants", "elastix"]),
        (["ants/labels", "elastix/labels", "other"], ["ants", "elastix", "other"]),
        (["t/fold_0/validation", "t/fold_1/validation"], ["fold_0", "fold_1"]),
        (["a/x/labels", "a/y/labels", "b/x/labels"], ["a_x", "a_y", "b_x"]),
        (["r/labels", "r/x/labels"], ["r", "x"]),
        (["a/.", "a/../b"], ["a", "b"]),
    ],
)
def test_folders_are_named_by_what_differs(folders, expected):
    assert names_of_folders([Path("/data") / folder for folder in folders]) == expected


def test_links_keep_the_name_that_they_were_given(tmp_path):
    for run in ("ants", "elastix"):
        touch(tmp_path, f"runs/{run}/labels/x.nii.gz")
        (tmp_path / "cand").mkdir(exist_ok=True)
        (tmp_path / "cand" / run).symlink_to(f"../runs/{run}/labels")
    assert found_in(tmp_path / "cand")[0] == {"x": ["ants", "elastix"]}
    assert found_in(tmp_path / "cand/ants", tmp_path / "cand/elastix")[0] == {"x": ["ants", "elastix"]}


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be listed"):
        look_into(tmp_path / "none")


def test_what_icloud_did_not_download_is_refused(tmp_path):
    touch(tmp_path, "x__a.nii.gz", ".x__b.nii.gz.icloud")
    with pytest.raises(InputError, match=r"x__b\.nii\.gz is in iCloud and not on this disk; download it first"):
        find_candidates([tmp_path])


def test_the_icon_of_a_folder_is_known(tmp_path):
    touch(tmp_path, "x__a.nii.gz", "x__b.nii.gz", "Icon\r")
    assert found_in(tmp_path) == ({"x": ["a", "b"]}, [])

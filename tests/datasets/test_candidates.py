from pathlib import Path

import pytest

from nnunet_deepstaple.datasets.candidates import Candidate, find_candidates
from nnunet_deepstaple.datasets.case_ids import split_case
from nnunet_deepstaple.errors import InputError


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def names(candidates):
    return {image: [candidate.name for candidate in found] for image, found in candidates.items()}


def test_split_case():
    assert split_case("a__b") == ("a", "b")
    assert split_case("a__b__c") == ("a__b", "c")
    for case in ("ab", "__b", "a__"):
        with pytest.raises(InputError, match=case):
            split_case(case)


def test_case():
    assert Candidate("a", "b", Path("x")).case == "a__b"


def test_flat(tmp_path):
    make(tmp_path, "b__y.nii.gz", "b__x.nii.gz", "a__x.nii.gz", "a_b__c__x.mha")
    candidates, layout = find_candidates([tmp_path])
    assert layout == "flat"
    assert names(candidates) == {"a": ["x"], "a_b__c": ["x"], "b": ["x", "y"]}
    assert list(candidates) == sorted(candidates)


def test_one_folder_per_candidate(tmp_path):
    make(tmp_path, "m/a.nii.gz", "m/b.nii.gz", "k/a.nii.gz")
    candidates, layout = find_candidates([tmp_path])
    assert layout == "by_candidate"
    assert names(candidates) == {"a": ["k", "m"], "b": ["m"]}


def test_several_folders(tmp_path):
    make(tmp_path, "m/a.nii.gz", "k/a.nii.gz")
    candidates, _ = find_candidates([tmp_path / "m", tmp_path / "k"])
    assert names(candidates) == {"a": ["k", "m"]}


def test_one_folder_per_image_is_never_guessed(tmp_path):
    make(tmp_path, "a/x.nii.gz", "a/y.nii.gz", "b/x.nii.gz")
    assert names(find_candidates([tmp_path], "by_image")[0]) == {"a": ["x", "y"], "b": ["x"]}
    assert names(find_candidates([tmp_path])[0]) == {"x": ["a", "b"], "y": ["a"]}


def test_other_files_are_no_candidates(tmp_path):
    make(tmp_path, "a__x.nii.gz", "dataset.json", "plans.json", "scores.csv", "a__x.npz", "a__x.pkl", ".a__y.nii.gz")
    make(tmp_path, "predict_from_raw_data_args.json", ".hidden/a__z.nii.gz", "notes/readme.txt")
    assert names(find_candidates([tmp_path])[0]) == {"a": ["x"]}


def test_several_flat_folders(tmp_path):
    make(tmp_path, "one/a__x.nii.gz", "two/a__y.nii.gz")
    folders = [tmp_path / "one", tmp_path / "two"]
    assert names(find_candidates(folders, "flat")[0]) == {"a": ["x", "y"]}
    with pytest.raises(InputError, match="-layout flat or -layout by_candidate"):
        find_candidates(folders)


@pytest.mark.parametrize(
    ("files", "layout", "message"),
    [
        (["a__x.nii.gz", "a__x.mha"], None, "both candidate 'x' of image 'a'"),
        (["ax.nii.gz"], None, "not named <image>__<candidate>"),
        (["a__x.nii.gz", "m/a.nii.gz"], None, "both label maps and folders"),
        (["readme.txt"], None, "no label maps found"),
        (["a__x.nii.gz"], "by_image", "no label maps found"),
        (["x/a/liver.nii.gz"], None, "if each is one structure, give -layout structures"),
        (["a__x.nii.gz"], "sideways", "choose one of flat, by_candidate, by_image"),
    ],
)
def test_what_cannot_be(tmp_path, files, layout, message):
    make(tmp_path, *files)
    with pytest.raises(InputError, match=message) as caught:
        find_candidates([tmp_path], layout)
    assert "\n" not in str(caught.value)


def test_a_missing_folder(tmp_path):
    with pytest.raises(InputError, match="none is not a folder"):
        find_candidates([tmp_path / "none"])


def test_folders_of_one_name(tmp_path):
    make(tmp_path, "one/m/a.nii.gz", "two/m/a.nii.gz")
    assert names(find_candidates([tmp_path / "one/m", tmp_path / "two/m"])[0]) == {"a": ["one", "two"]}

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnunet_deepstaple.datasets.candidates import Candidate
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion.planning.ratings import apply_ratings, read_ratings
from nnunet_deepstaple.fusion.record.run_record import ImageRatings

from ...fuzz import damaged, fuzz, read_or_one_line
from ...label_map_files import label_values, save

CANDIDATES = {image: [Candidate(image, name, Path(f"{image}__{name}.nii.gz")) for name in "ab"] for image in "ij"}


def write(folder: Path, *rows: str, header="image,candidate,rating") -> Path:
    path = folder / "ratings.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_what_a_page_gives_to_download_is_read(tmp_path):
    ratings = read_ratings(write(tmp_path, "i,a,exclude", '"x, ""y""",b,good', "i,,redo"))
    assert ratings.candidates == {"i": {"a": "exclude"}, 'x, "y"': {"b": "good"}}
    assert ratings.of_image("i") == ImageRatings({"a": "exclude"}, "redo")
    assert ratings.of_image("j") is None


def test_only_the_excluded_do_not_vote(tmp_path):
    judgement = apply_ratings(CANDIDATES, write(tmp_path, "i,a,exclude", "j,b,poor"), None)
    assert {image: [one.name for one in found] for image, found in judgement.voting.items()} == {
        "i": ["b"],
        "j": ["a", "b"],
    }
    assert judgement.notes == ["1 candidate excluded by a person, such as 'i__a'"]
    assert judgement.file.file == str(tmp_path / "ratings.csv")


def test_nothing_is_judged_without_ratings():
    judgement = apply_ratings(CANDIDATES, None, None)
    assert judgement.voting == CANDIDATES
    assert (judgement.file, judgement.notes, judgement.corrected) == (None, [], {})


def test_what_is_not_heeded_is_said(tmp_path):
    save(tmp_path / "corrected/i.nii.gz", label_values())
    save(tmp_path / "corrected/odd.nii.gz", label_values())
    rows = ("i,,correct", "j,,redo", "nobody,a,poor", "i,zz,exclude")
    judgement = apply_ratings(CANDIDATES, write(tmp_path, *rows), tmp_path / "corrected")
    assert judgement.corrected["i"].path.name == "i.nii.gz"
    assert judgement.notes == [
        "2 ratings of what is not here, such as 'i__zz'",
        f"1 consensus from {tmp_path / 'corrected'} as a person left it",
        f"1 label map in {tmp_path / 'corrected'} of no image here, such as 'odd'",
        "1 image still to be corrected by a person, such as 'j'",
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["i,a,bad"], "'bad'; choose one of exclude, poor, fair, good"),
        (["i,,good"], "choose one of accept, correct, redo"),
        (["i,a,poor", "i,a,good"], "both 'poor' and 'good'"),
        (["i,a,exclude", "i,b,exclude"], "excludes every candidate of image 'i'"),
    ],
)
def test_ratings_that_cannot_be(tmp_path, rows, words):
    with pytest.raises(InputError, match=words):
        apply_ratings(CANDIDATES, write(tmp_path, *rows), None)


def test_files_that_are_no_ratings(tmp_path):
    with pytest.raises(InputError, match="no column 'candidate'"):
        read_ratings(write(tmp_path, header="image,rating"))
    with pytest.raises(InputError, match="is missing; put it back"):
        read_ratings(tmp_path / "missing.csv")


def test_corrected_folders_that_help_nobody(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        apply_ratings(CANDIDATES, None, tmp_path / "none")
    with pytest.raises(InputError, match="holds no label map of an image here"):
        apply_ratings(CANDIDATES, None, tmp_path)


def test_ratings_from_a_spreadsheet(tmp_path):
    told = []
    path = tmp_path / "ratings.csv"
    path.write_bytes("Image;Candidate;Rating \r\n'=i;a;Exclude \r\n;;\r\n".encode("utf-16"))
    assert read_ratings(path, told.append).candidates == {"=i": {"a": "exclude"}}
    assert "UTF-16 with semicolons" in told[0]


cells = st.text(st.sampled_from(list('aij,;"\n =é')), max_size=5) | st.sampled_from(["exclude", "redo", "good"])
rows = st.lists(st.lists(cells, max_size=4).map(",".join), max_size=4).map("\n".join)


@fuzz
@given(content=rows.map(lambda text: f"image,candidate,rating\n{text}".encode()) | damaged(b"image,rating\ni,redo\n"))
def test_any_content(tmp_path, content):
    path = tmp_path / "ratings.csv"
    path.write_bytes(content)
    read_or_one_line(read_ratings, path)

import json

import pytest

from nnunet_deepstaple.datasets.candidates import Candidate
from nnunet_deepstaple.datasets.sources.gather import differ, gather
from nnunet_deepstaple.datasets.sources.table import table_of
from nnunet_deepstaple.errors import InputError

ZONES = {
    "Bosma22b": {"labels": {"gland": 1}, "means": {"gland": ["peripheral", "transition"]}},
    "HeviAI23": {"labels": {"peripheral": 1, "transition": 2}},
    "Yuan23": {"labels": {"transition": 1, "peripheral": 2}, "annotates": ["transition"]},
}


@pytest.fixture
def candidates(tmp_path):
    def make(*names):
        return {"case": [Candidate("case", name, tmp_path / name / "case.nii.gz") for name in sorted(names)]}

    return make


@pytest.fixture
def said(tmp_path, candidates):
    def say(statements, names=None, **options):
        path = tmp_path / "sources.json"
        path.write_text(json.dumps(statements))
        return gather(candidates(*(names or statements)), path, None, **options)

    return say


def write_dataset_json(folder, **labels):
    folder.mkdir()
    (folder / "dataset.json").write_text(json.dumps({"labels": {"background": 0, **labels}}))


def test_a_region_a_part_and_other_numbers_meet_in_one_numbering(said, candidates):
    sources = said(ZONES)
    assert sources.vocabulary.names == {"gland": {1, 2}, "peripheral": {1}, "transition": {2}}
    gland, zones, one = (sources.meaning(candidate) for candidate in candidates(*ZONES)["case"])
    assert gland == {0: {0}, 1: {1, 2}}
    assert zones == {0: {0}, 1: {1}, 2: {2}}
    assert one == {0: {0, 1}, 1: {2}, 2: {0, 1}}
    assert sources.vocabulary.label_names.labels == {"background": 0, "peripheral": 1, "transition": 2}
    assert sources.vocabulary.means == {"gland": ["peripheral", "transition"]}


def test_the_table_says_numbers_parts_and_what_is_not_annotated(said):
    lines = [line.split("  ") for line in table_of(said(ZONES))]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert cells == [
        ["source", "peripheral = 1", "transition = 2", "gland = 1, 2"],
        ["Bosma22b", "part of gland (1)", "part of gland (1)", "1"],
        ["HeviAI23", "1", "2", "1, 2"],
        ["Yuan23", "not annotated", "1", "not annotated"],
    ]


def test_own_dataset_json_says_numbers_and_what_is_annotated(tmp_path, candidates):
    write_dataset_json(tmp_path / "a", liver=1, spleen=2)
    write_dataset_json(tmp_path / "b", spleen=1, liver=2, aorta=3)
    found = candidates("a", "b")
    assert differ(found)
    sources = gather(found, None, None)
    assert sources.vocabulary.plain == {"liver": 1, "spleen": 2, "aorta": 3}
    a, b = (sources.meaning(candidate) for candidate in found["case"])
    assert a == {0: {0, 3}, 1: {1}, 2: {2}}
    assert b == {0: {0}, 1: {2}, 2: {1}, 3: {3}}


def test_nested_regions_stay_regions(tmp_path, candidates):
    for name, whole in (("a", [1, 2]), ("b", [2, 1])):
        (tmp_path / name).mkdir()
        labels = {"background": 0, "whole": whole, "core": whole[1]}
        (tmp_path / name / "dataset.json").write_text(json.dumps({"labels": labels, "regions_class_order": [1, 2]}))
    sources = gather(candidates("a", "b"), None, None)
    names = sources.vocabulary.label_names
    assert names.labels == {"background": 0, "whole": [1, 2], "core": [2]}
    assert names.regions_class_order == [1, 2]
    assert sources.meaning(candidates("a", "b")["case"][1]) == {0: {0}, 1: {2}, 2: {1}}


@pytest.mark.parametrize("name", ["Liver", "liver_left", "left liver"])
def test_names_that_look_alike_are_a_question_with_the_line_to_add(said, name):
    statements = {"a": {"labels": {"left_liver" if "left" in name else "liver": 1}}, "b": {"labels": {name: 2}}}
    with pytest.raises(InputError, match=r'are they the same.*"b": {"labels"'):
        said(statements)
    heard = []
    assert len(said(statements, say=heard.append, allow_doubtful=True).vocabulary.names) == 2
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ({"nobody": {"labels": {"liver": 1}}}, "names 'nobody'"),
        ({"a": {"labels": {"liver": 1}, "means": {"liver": ["liver"]}}}, "means itself"),
        ({"a": {"labels": {"x": 1}, "means": {"x": ["y"], "y": ["x"]}}}, "means itself"),
        ({"a": {"labels": {"gland": 1}, "means": {"gland": ["zone"]}}}, "which no source annotates"),
        ({"a": {"labels": {"liver": 1}, "annotates": []}}, "annotates nothing"),
        ({"a": {"labels": {"liver": 1}, "annotates": ["spleen"]}}, "for which it has no number"),
        ({"a": {"labels": {"liver": "1"}}}, "give a number"),
        ({"a": {"labels": {"background": 1}}}, "has to be 0"),
        ({"a": {"numbers": {"liver": 1}}}, "has 'numbers'"),
        ({"a": []}, "write"),
        ({"a": {"annotates": ["liver"]}}, "nobody says what the numbers of 'a' mean"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(said, statements, words):
    with pytest.raises(InputError, match=words) as refused:
        said(statements, names=["a"])
    assert "\n" not in str(refused.value)


def test_numbers_that_exclude_each_other_are_refused(tmp_path, said):
    both = {"a": {"labels": {"liver": [1, 3], "spleen": [2, 3]}}}
    assert said(both).vocabulary.marks(3) == {"liver", "spleen"}
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"liver": 1, "spleen": 2}))
    path = tmp_path / "sources.json"
    path.write_text(json.dumps(both))
    found = {"case": [Candidate("case", "a", tmp_path / "a" / "case.nii.gz")]}
    with pytest.raises(InputError, match="which no voxel can be at once"):
        gather(found, path, labels)

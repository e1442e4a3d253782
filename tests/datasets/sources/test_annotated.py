import json

import pytest

from nnunet_deepstaple.datasets.candidates import Candidate
from nnunet_deepstaple.datasets.sources.annotated import annotated_by_case, recorded_sources, vocabulary_of
from nnunet_deepstaple.errors import InputError

DATASET = {
    "labels": {"background": 0, "peripheral": 1, "transition": 2},
    "means": {"gland": ["peripheral", "transition"]},
    "dataset": {"p__a": {"annotates": ["gland"]}, "p__b": {}, "p__c": {"annotates": ["transition"]}},
}


def test_a_dataset_remembers_what_its_cases_annotate(tmp_path):
    (tmp_path / "labelsTr").mkdir()
    (tmp_path / "dataset.json").write_text(json.dumps(DATASET))
    cases = [Candidate("p", name, tmp_path / "labelsTr" / f"p__{name}.nii.gz") for name in "abc"]
    sources = recorded_sources({"p": cases})
    assert [sources.meaning(case) for case in cases] == [
        {0: {0}, 1: {1, 2}, 2: {1, 2}},
        {0: {0}, 1: {1}, 2: {2}},
        {0: {0, 1}, 1: {0, 1}, 2: {2}},
    ]


def test_a_dataset_that_annotates_everything_is_as_all_others(tmp_path):
    (tmp_path / "labelsTr").mkdir()
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": DATASET["labels"], "dataset": {"p__a": {}}}))
    assert recorded_sources({"p": [Candidate("p", "a", tmp_path / "labelsTr" / "p__a.nii.gz")]}) is None


def test_names_that_there_are_not_are_refused():
    assert vocabulary_of(DATASET).names["gland"] == {1, 2}
    with pytest.raises(InputError, match=r"case 'p__a' annotates \['spleen'\]; list names out of peripheral"):
        annotated_by_case({**DATASET, "dataset": {"p__a": {"annotates": ["spleen"]}}})

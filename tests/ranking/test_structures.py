import json

import numpy as np

from nnunet_deepstaple.datasets.candidates import Candidate
from nnunet_deepstaple.datasets.sources.gather import gather
from nnunet_deepstaple.fusion.votes import collect_votes
from nnunet_deepstaple.ranking.structures import masks_of, meaning_of, plain_meaning


def test_a_number_is_a_structure_unless_it_is_said_otherwise():
    assert plain_meaning([1, 3], {1: "liver"}) == {"liver": frozenset({1}), "label_3": frozenset({3})}


def test_a_source_with_other_numbers_and_one_with_parts_only(tmp_path):
    said = {
        "whole": {"labels": {"gland": 1}},
        "zones": {"labels": {"inner": 2, "outer": 1}, "means": {"gland": ["inner", "outer"]}},
        "inner": {"labels": {"inner": 7}},
    }
    (tmp_path / "sources.json").write_text(json.dumps(said), encoding="utf-8")
    candidates = {"a": [Candidate("a", name, tmp_path / name / "a.nii.gz") for name in said]}
    sources = gather(candidates, tmp_path / "sources.json", None)
    whole, zones, inner = (meaning_of(sources, one) for one in candidates["a"])
    assert whole == {"gland": frozenset({1})}
    assert zones == {"gland": frozenset({1, 2}), "inner": frozenset({2}), "outer": frozenset({1})}
    assert inner == {"inner": frozenset({7})}


def test_masks_heed_what_is_not_annotated_and_what_is_ignored():
    votes = collect_votes(np.array([[[0, 1, 2, 9]], [[0, 1, 1, 1]], [[0, 0, 2, 2]]], np.uint8), ignored=9)
    both, first = {"one": frozenset({1}), "two": frozenset({2})}, {"one": frozenset({1})}
    masks, speaks = masks_of(votes, [both, first, both], "two")
    order = votes.codes.reshape(-1)
    assert votes.paint(masks[:, 0]).tolist() == [[False, False, True, False]]
    assert not speaks[:, 1].any()
    assert votes.paint(masks[:, 2]).tolist() == [[False, False, True, True]]
    assert not speaks[order[-1], 0]
    assert speaks[:, 2].all()

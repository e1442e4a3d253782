"""What is written is what docs/reference/files.md says."""

import json
import re
from pathlib import Path

import numpy as np

from nnunet_deepstaple.ranking.ceiling import FoundCeiling
from nnunet_deepstaple.ranking.files import COLUMNS, Ranking, images_csv, to_csv, to_json
from nnunet_deepstaple.ranking.images import ExpectedDice, JudgedImage
from nnunet_deepstaple.ranking.ranking import MEAN, LabelRanking, RankedSource

_TEXT = (Path(__file__).parents[2] / "docs/reference/files.md").read_text(encoding="utf-8")
PAGE = _TEXT.split("## Ranking")[1].split("\n## ")[0]


def ranking() -> Ranking:
    one = RankedSource("a, b", 5, 0.81234567, 0.7, 0.9, 1, 1, 2, 1, 0.9, 1.1, None, 0.0, 0.0, None, None, None)
    label = LabelRanking(MEAN, [one], FoundCeiling(0.9, 0.05, 0.05), 5)
    judged = [JudgedImage("x", {"liver": ExpectedDice(0.8, 0.7, 0.9)}, 0.2, ["candidate 'a' is empty"])]
    pairs = np.array([[1.0, np.nan], [np.nan, 1.0]])
    return Ranking([label], ["a, b", "c"], 5, 0, None, 2.0, pairs, np.eye(2), judged, {"a, b": []}, ["a note"])


def test_the_page_lists_exactly_the_keys():
    content = json.loads(to_json(ranking()))
    named = set(re.findall(r"`(\w+)`", PAGE)) | {"format"}
    assert content["format"] == 1
    assert content.keys() <= named
    assert content["labels"][0].keys() <= named
    assert content["labels"][0]["sources"][0].keys() <= named | set(COLUMNS)
    assert ",".join(COLUMNS) in PAGE
    assert images_csv(ranking()).splitlines()[0] in PAGE


def test_what_is_not_known_is_null():
    content = json.loads(to_json(ranking()))
    assert content["pairwise_dice"] == [[1, None], [None, 1]]
    assert content["labels"][0]["sources"][0]["border"] is None


def test_rows():
    assert to_csv(ranking()).splitlines()[1] == '"a, b",mean,5,0.8123,0.7000,0.9000,1,1'
    mean, liver = images_csv(ranking()).splitlines()[1:]
    assert mean == "1,x,mean,0.8000,,,candidate 'a' is empty"
    assert liver == "1,x,liver,0.8000,0.7000,0.9000,"

"""Scores and label maps are joined by name; the record beside the scores tells whether they belong together."""

import json

import pytest
from hypothesis import given

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.fingerprint import Fingerprint
from nnunet_deepstaple.scoring.origin import Origin, changed_labels, folds_of, unfinished

from ..fuzz import changed, fuzz, read_or_one_line

SOUND = {"format": 1, "nnunet_deepstaple": "0.1.0", "epoch": 3, "ended": True, "labels": {"a__x": [1, 2, "0f"]}}


@pytest.fixture
def fold(tmp_path):
    fold = tmp_path / "fold_0"
    fold.mkdir()
    (fold / "visits.gz").touch()
    for case in ("a__x", "a__y"):
        (tmp_path / case).write_text(case)
    Origin(5, True, {case: Fingerprint.of(tmp_path / case) for case in ("a__x", "a__y")}).write(fold)
    return fold


def test_a_label_map_that_was_exchanged_is_named(fold, tmp_path):
    files = {case: tmp_path / case for case in ("a__x", "a__y")}
    assert changed_labels([fold], files) == []
    files["a__y"].write_text("another one")
    assert changed_labels([fold], files) == ["a__y"]
    assert changed_labels([fold], {"b__x": tmp_path / "none"}) == []


def test_the_folds_behind_a_table_of_ds_score(fold, tmp_path):
    table = tmp_path / "late.csv"
    assert folds_of([table]) == []
    table.with_suffix(".json").write_text(json.dumps({"logs": [{"file": str(fold / "visits.gz")}, {}, 3]}))
    assert folds_of([fold / "scores.csv", table]) == [fold]


def test_a_training_that_has_not_ended_is_named(fold):
    assert unfinished([fold]) == {}
    Origin(2, False).write(fold)
    assert "after epoch 2" in unfinished([fold])[fold]


def test_a_fold_of_an_earlier_version(fold):
    (fold / "scores.json").unlink()
    assert unfinished([fold]) == {}
    (fold / "checkpoint_latest.pth").touch()
    assert "no checkpoint_final.pth" in unfinished([fold])[fold]
    (fold / "checkpoint_final.pth").touch()
    assert unfinished([fold]) == {}
    assert changed_labels([fold], {}) == []


def test_a_later_format(tmp_path):
    (tmp_path / "scores.json").write_text(json.dumps({**SOUND, "format": 2}))
    with pytest.raises(InputError, match=r"scores\.json has the format 2, and this version knows 1"):
        Origin.read(tmp_path)


@fuzz
@given(content=changed(SOUND))
def test_any_content(tmp_path, content):
    path = tmp_path / "scores.json"
    path.write_text(json.dumps(content), encoding="utf-8", errors="surrogatepass")
    read_or_one_line(lambda path: Origin.read(path.parent), path)

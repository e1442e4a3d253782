import json
import math

import pytest

from nnunet_deepstaple.trainers.validation import count_annotated


def summary_of(path, dice):
    """nnU-Net's summary.json of cases with a Dice for each label; None where neither shows the label."""
    cases = [
        {
            "reference_file": f"/labels/{case}.nii.gz",
            "prediction_file": f"/validation/{case}.nii.gz",
            "metrics": {label: {"Dice": math.nan if value is None else value} for label, value in of_case.items()},
        }
        for case, of_case in dice.items()
    ]
    content = {"metric_per_case": cases, "mean": {"1": {"Dice": 0.1}, "2": {"Dice": 0.1}}}
    path.write_text(json.dumps({**content, "foreground_mean": {"Dice": 0.1}}))
    return path


def test_what_a_case_does_not_annotate_is_no_error(tmp_path):
    path = summary_of(
        tmp_path / "summary.json",
        {"all": {"1": 0.8, "2": 0.6}, "one": {"1": 0.6, "2": 0.0}, "none": {"1": None, "2": 0}},
    )
    told = {"one": (True, False), "none": (True, False)}
    assert count_annotated(path, ".nii.gz", ["1", "2"], told.get) == pytest.approx((0.7 + 0.6) / 2)
    content = json.loads(path.read_text())
    assert content["mean"] == {"1": {"Dice": pytest.approx(0.7)}, "2": {"Dice": 0.6}}
    assert [sorted(one["metrics"]) for one in content["metric_per_case"]] == [["1", "2"], ["1"], ["1"]]


def test_a_label_that_nobody_annotates_has_no_mean(tmp_path):
    path = summary_of(tmp_path / "summary.json", {"one": {"1": 0.6, "2": 0.0}})
    assert count_annotated(path, ".nii.gz", ["1", "2"], {"one": (True, False)}.get) == 0.6
    assert math.isnan(json.loads(path.read_text())["mean"]["2"]["Dice"])

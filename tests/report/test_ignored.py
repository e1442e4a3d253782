"""Labels that nobody votes for: nnU-Net's ignore label."""

import json

import numpy as np
import pytest

from nnunet_deepstaple.report.image_report import read_numbers

from ..commands.conftest import fuse, report  # noqa: F401 (fixtures)
from ..label_map_files import label_values, save


@pytest.fixture
def candidates(tmp_path):
    """Three candidates that agree, but for a part that two of them ignore (label 3) and the other calls label 1."""
    for name in "abc":
        labels = label_values()
        labels[:2, 3:8, 2:4] = 1 if name == "a" else 3
        save(tmp_path / f"c/x__{name}.nii.gz", labels)
    named = {"labels": {"background": 0, "one": 1, "two": 2, "ignore": 3}}
    (tmp_path / "c/dataset.json").write_text(json.dumps(named))
    return tmp_path / "c"


def test_what_a_candidate_ignores_is_compared_nowhere(fuse, report, candidates, tmp_path):  # noqa: F811
    assert fuse("-i", candidates, "-o", tmp_path / "fused", "-rule", "majority", "-np", 1)[0] == 0
    assert report("-i", candidates, "-f", tmp_path / "fused", "-o", tmp_path / "report", "-np", 1)[0] == 0
    numbers = read_numbers(tmp_path / "report/numbers/x.json")
    assert numbers.disputed == 0
    assert numbers.expected_error == pytest.approx(0)
    assert [one.dice for one in numbers.candidates] == [1, 1, 1]
    assert set(numbers.volumes) == {"1", "2"}


def test_what_the_consensus_ignores_does_not_count(fuse, report, tmp_path):  # noqa: F811
    for name, shift in (("a", 0), ("b", 1), ("c", 2)):
        save(tmp_path / f"c/x__{name}.nii.gz", np.roll(label_values(), shift, axis=0))
    given = ("-rule", "majority", "-ignore_below", 0.9, "-np", 1)
    assert fuse("-i", tmp_path / "c", "-o", tmp_path / "fused", *given)[0] == 0
    assert report("-i", tmp_path / "c", "-f", tmp_path / "fused", "-o", tmp_path / "report", "-np", 1)[0] == 0
    numbers = read_numbers(tmp_path / "report/numbers/x.json")
    assert numbers.disputed == 0, "all that is disputed is ignored"
    assert [one.dice for one in numbers.candidates] == [1, 1, 1]

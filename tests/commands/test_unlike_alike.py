"""What is doubtful about unlike sources is asked in the same words by ds_fuse, ds_prepare and ds_report."""

import json

import numpy as np
import pytest

from nnunet_deepstaple.commands import prepare as ds_prepare
from nnunet_deepstaple.datasets.nnunet_folders import VARIABLES

from ..label_map_files import SIZE, image_values, save
from .conftest import runner

LIVER, SPLEEN = np.zeros((2, *SIZE), np.uint8)
LIVER[2:6, 3:8, 1:5], SPLEEN[2:6, 3:8, 7:11] = 1, 1
BOTH = LIVER + 2 * SPLEEN
UNSURE = np.where(np.arange(SIZE[0])[:, np.newaxis, np.newaxis] % 2, BOTH, 255).astype(np.uint8)
NAMES = {"background": 0, "liver": 1, "spleen": 2}


@pytest.fixture
def alike(tmp_path, monkeypatch, capsys, fuse, report):
    """Run the three commands on candidates; gives what each of them writes to stdout, and its errors."""
    for name in VARIABLES:
        monkeypatch.setenv(name, str(tmp_path / name))
    prepare = runner("ds_prepare", ds_prepare.main, monkeypatch, capsys)
    for image in range(3):
        save(tmp_path / "images" / f"image{image}_0000.nii.gz", image_values(image))

    def run(*options):
        given = [tmp_path / "in", *options, "-np", 1]
        outcomes = [
            fuse("-i", *given, "-o", tmp_path / "fused"),
            prepare("-i", tmp_path / "images", "-l", *given, "-d", 701, "-n", "Unlike"),
            report("-i", *given, "-o", tmp_path / "report"),
        ]
        return [(status, printed, errors) for status, printed, errors in outcomes]

    return run


def write(folder, candidates, labels=None):
    for name, values in candidates.items():
        for image in range(3):
            save(folder / "in" / name / f"image{image}.nii.gz", values)
        if labels:
            (folder / "in" / name / "dataset.json").write_text(json.dumps({"labels": labels[name]}))


@pytest.mark.parametrize(
    ("candidates", "labels", "question"),
    [
        ({"liver": LIVER, "spleen": SPLEEN}, None, "never overlap"),
        ({"a": BOTH, "b": BOTH, "c": UNSURE}, None, "the number 255 stands alone"),
        ({"a": BOTH, "b": LIVER, "c": LIVER}, None, "'b' never has the label 2"),
        (
            {"a": BOTH, "b": BOTH},
            {"a": NAMES, "b": {"background": 0, "Liver": 1, "Spleen": 2}},
            "'a' has 'liver' and 'b' has 'Liver': are they the same?",
        ),
    ],
    ids=["one file a structure", "a lone number", "a label left out", "names in capitals"],
)
def test_a_question_is_one_line(tmp_path, alike, candidates, labels, question):
    write(tmp_path, candidates, labels)
    outcomes = alike()
    errors = {error for _, _, error in outcomes}
    assert len(errors) == 1
    (error,) = errors
    assert question in error
    assert error.count("\n") == 1
    assert [status for status, _, _ in outcomes] == [2, 2, 2]
    assert not [name for name in ("fused", "report", "nnUNet_raw") if (tmp_path / name).exists()]


def test_numbers_that_differ_are_matched_by_name_and_shown(tmp_path, alike):
    swapped = {"background": 0, "spleen": 1, "liver": 2}
    write(tmp_path, {"a": BOTH, "b": SPLEEN + 2 * LIVER}, {"a": NAMES, "b": swapped})
    for status, printed, errors in alike():
        assert (status, errors) == (0, "")
        table = [line.split()[1:] for line in printed.splitlines() if line.startswith("sources ")]
        assert table[1:] == [["a", "1", "2"], ["b", "2", "1"]]

import shutil
import sys
from pathlib import Path

import pytest

from nnunet_deepstaple.scoring.scores import Scores
from scripts.evidence.rows import read_rows, tables
from scripts.experiments.out_of_fold import main
from tests.commands.fuse_runs import write_candidates

IMAGES = ("image0", "image1", "image2")


def write_fold(folder: Path, candidates: Path, held_out: str, worse: str) -> Path:
    """A fold that predicts as ``c0`` says, one image as another image's ``c1`` says."""
    scores = Scores(["agreement"])
    for path in sorted(candidates.glob("*.nii.gz")):
        case = path.name.removesuffix(".nii.gz")
        scores.add(case, "val" if case.startswith(held_out) else "train", {"agreement": 0.8})
    (folder / "predictions").mkdir(parents=True)
    scores.write(folder / "scores.csv")
    for image in IMAGES:
        shutil.copy(candidates / f"{image}__c{int(image == worse)}.nii.gz", folder / f"predictions/{image}.nii.gz")
    return folder


def test_held_out_images_are_judged_in_and_out_of_fold(tmp_path, monkeypatch):
    """Two folds of three; c0 is the truth, and the first fold is wrong about the image that it did not see."""
    candidates = write_candidates(tmp_path / "candidates", images=3)
    oracle = tmp_path / "oracle"
    oracle.mkdir()
    for image in IMAGES:
        shutil.copy(candidates / f"{image}__c0.nii.gz", oracle / f"{image}.nii.gz")
    folds = [
        write_fold(tmp_path / "fold_0", candidates, "image0", worse="image0"),
        write_fold(tmp_path / "fold_1", candidates, "image1", worse="image2"),
    ]
    command = ["out_of_fold", "-candidates", candidates, "-oracle", oracle, "-i", *folds, "-w", tmp_path / "work"]
    monkeypatch.setattr(sys, "argv", [*map(str, command), "-o", str(tmp_path / "rows")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    rows = {row["way"]: row for row in tables(read_rows(tmp_path / "rows"), "out_of_fold")["given"]}
    assert {row["images"] for row in rows.values()} == {2}  # image2 was kept by neither
    assert float(rows["prediction, in fold"]["Dice"]) == 1
    assert 0.5 < float(rows["prediction, out of fold"]["Dice"]) < 1
    consensus = {way: float(row["Dice"]) for way, row in rows.items() if way.startswith("consensus")}
    assert consensus["consensus, prediction in fold"] > consensus["consensus, prediction out of fold"]


def test_folds_that_keep_the_same_images_are_refused(tmp_path, monkeypatch, capsys):
    candidates = write_candidates(tmp_path / "candidates", images=3)
    folds = [write_fold(tmp_path / name, candidates, "image0", worse="image0") for name in ("fold_0", "fold_1")]
    command = ["out_of_fold", "-candidates", candidates, "-oracle", candidates, "-i", *folds, "-w", tmp_path / "work"]
    monkeypatch.setattr(sys, "argv", [*map(str, command), "-o", str(tmp_path / "rows")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "keep different images" in capsys.readouterr().err

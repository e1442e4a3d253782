"""Files that earlier versions wrote are still read."""

import math
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from nnunet_deepstaple.fusion.record.journal import Journal
from nnunet_deepstaple.fusion.record.run_record import FILE, FORMAT, read_record
from nnunet_deepstaple.scoring import read_scores, read_visit_log
from nnunet_deepstaple.scoring.score_folds import find_logs
from scripts.evidence.logs import run_folder, run_names

from .machine import needs_evidence


@needs_evidence
def test_there_are_old_logs():
    assert len(run_names()) >= 8


@needs_evidence
@pytest.mark.parametrize("which", ["", "first_pass"])
@pytest.mark.parametrize("run", run_names())
def test_visit_logs(run, which):
    path = run_folder(run) / which / "visits.gz"
    log = read_visit_log(path)
    assert find_logs([path.parent]) == [path]
    assert log.lost_bytes == 0
    assert log.labels == (["label_1"] if "raters" in run else ["label_1", "label_2"])
    assert set(log.visits["case"].tolist()) <= set(range(len(log.cases)))
    assert len(log.visits) >= 4800


def test_score_tables(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(
        "case,image,candidate,split,visits,data_parameter,agreement,mean_cost,foreground_voxels,agreement_left\n"
        "a__x,a,x,train,3,0.5,0.75,0.1,120,0.75\n"
        "a__y,a,y,train,0,0,,,,\n"
    )
    scores = read_scores(path)
    assert scores.column("agreement")["a__x"] == 0.75
    assert math.isnan(scores.column("agreement_left")["a__y"])


def test_records_of_fusions(tmp_path):
    shutil.copyfile(Path(__file__).parent / "fusion/fusion_of_0_1_0.json", tmp_path / FILE)
    record = read_record(tmp_path / FILE)
    assert record.format == 0
    assert record.images["image1"].candidates == ["c0", "c1", "c2"]
    assert Journal(tmp_path, replace(record, format=FORMAT)).records(strict=True) == record.images

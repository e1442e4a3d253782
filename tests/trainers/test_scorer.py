from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nnunet_deepstaple.scoring.data_parameters import DataParameterSettings
from nnunet_deepstaple.scoring.scores import read_scores
from nnunet_deepstaple.scoring.visit_log import VisitLog, read_visit_log
from nnunet_deepstaple.trainers.scorer import CaseScorer
from nnunet_deepstaple.trainers.statistics import VisitStatistics

from ..scoring.visits import LABELS, TRAIN, VAL

EPOCHS = 8


def scorer_in(folder: Path, epoch: int = 0, lines: list[str] | None = None) -> CaseScorer:
    folder.mkdir(exist_ok=True)
    log = VisitLog.empty(TRAIN, VAL, LABELS, DataParameterSettings())
    return CaseScorer(folder, log, epoch=epoch, writes=True, say=[].append if lines is None else lines.append)


def run_epoch(scorer: CaseScorer, epoch: int, learn_now: bool = False) -> None:
    generator = torch.Generator().manual_seed(epoch)
    for cases in (TRAIN, TRAIN, TRAIN, VAL):
        keys = [cases[i] for i in torch.randint(len(cases), (2,), generator=generator).tolist()]
        counts = torch.randint(1, 500, (2, 3 + 3 * len(LABELS)), generator=generator)
        scorer.add(keys, VisitStatistics(torch.rand(2, generator=generator), counts))
        if learn_now and cases is TRAIN:
            weights = scorer.learn_now(epoch)
            assert weights.shape == (2,)
            assert weights.sum() == pytest.approx(1)
    scorer.end_epoch(epoch)


def files_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("visits.gz", "scores.csv")}


def test_broken_off_and_continued_it_is_as_if_nothing_had_been(tmp_path: Path) -> None:
    whole = scorer_in(tmp_path / "whole")
    for epoch in range(EPOCHS):
        run_epoch(whole, epoch)
    whole.write_scores()
    first = scorer_in(tmp_path / "broken")
    for epoch in range(6):
        run_epoch(first, epoch)
    with (tmp_path / "broken" / "visits.gz").open("ab") as file:
        file.write(b"\x1f\x8b half a member")
    lines: list[str] = []
    second = scorer_in(tmp_path / "broken", epoch=4, lines=lines)  # the last checkpoint was that of epoch 3
    assert lines == ["visits.gz was cut off in mid-write; its last 16 bytes are left out"]
    for epoch in range(4, EPOCHS):
        run_epoch(second, epoch)
    second.write_scores()
    assert files_of(tmp_path / "broken") == files_of(tmp_path / "whole")
    np.testing.assert_equal(second.series, whole.series)
    assert {len(values) for values in whole.series.values()} == {EPOCHS}


def test_learning_at_once_gives_what_the_log_gives(tmp_path: Path) -> None:
    for folder, learn_now in ((tmp_path / "epoch", False), (tmp_path / "batch", True)):
        scorer = scorer_in(folder)
        for epoch in range(EPOCHS):
            run_epoch(scorer, epoch, learn_now)
        scorer.write_scores()
    assert files_of(tmp_path / "batch") == files_of(tmp_path / "epoch")
    assert len(read_visit_log(tmp_path / "batch" / "visits.gz").visits) == EPOCHS * 4 * 2
    assert np.ptp(list(read_scores(tmp_path / "batch" / "scores.csv").column("data_parameter").values())) > 0.1


def test_weights_are_those_of_theta_before_the_step(tmp_path: Path) -> None:
    scorer = scorer_in(tmp_path)
    counts = torch.ones(2, 3 + 3 * len(LABELS), dtype=torch.int64)
    counts[:, 1] = torch.tensor([10, 1000])  # labelled foreground
    for _ in range(5):
        scorer.add(TRAIN[:2], VisitStatistics(torch.tensor([0.0, 3.0]), counts))
        weights = scorer.learn_now(0)
    theta = np.array([0.1, -0.1]) * 4  # four steps, each as long as the learning rate
    expected = 1 / (1 + np.exp(-theta)) / (np.log(np.array([10, 1000]) + np.e) + np.e)
    np.testing.assert_allclose(weights, expected / expected.sum(), atol=1e-3)


def test_the_picture_is_there_after_the_first_epoch(tmp_path: Path) -> None:
    run_epoch(scorer_in(tmp_path), 0)
    with Image.open(tmp_path / "deepstaple_progress.png") as picture:
        assert np.asarray(picture.convert("L")).std() > 5


def test_a_rank_that_does_not_write(tmp_path: Path) -> None:
    log = VisitLog.empty(TRAIN, VAL, LABELS, DataParameterSettings())
    scorer = CaseScorer(tmp_path, log, epoch=0, writes=False, say=[].append)
    run_epoch(scorer, 0)
    scorer.write_scores()
    assert list(tmp_path.iterdir()) == []

import numpy as np
import pytest

from nnunet_deepstaple.scoring.data_parameters import DataParameterSettings
from nnunet_deepstaple.scoring.replay import Replay
from nnunet_deepstaple.scoring.score import agreement, score
from nnunet_deepstaple.scoring.scores import FIXED_COLUMNS
from nnunet_deepstaple.scoring.visit_log import VisitLog, record_type

from .visits import LABELS, TRAIN, visit_log


def log_of(*visits: tuple[int, int, list[int], list[int], list[int]]) -> VisitLog:
    """Log of visits (epoch, case, TP, FP, FN)."""
    log = VisitLog.empty(["a__1", "a__2"], ["b__1"], LABELS, DataParameterSettings())
    log.visits = np.zeros(len(visits), record_type(2))
    for record, (epoch, case, tp, fp, fn) in zip(log.visits, visits, strict=True):
        record["epoch"], record["case"], record["tp"], record["fp"], record["fn"] = epoch, case, tp, fp, fn
        record["voxels"] = 100
    return log


def test_agreement_pools_the_last_two_fifths_of_the_epochs() -> None:
    log = log_of(
        (0, 0, [99, 99], [0, 0], [0, 0]),  # before the last 40 %
        (2, 0, [99, 99], [0, 0], [0, 0]),
        (3, 0, [1, 0], [2, 0], [1, 4]),
        (4, 0, [9, 6], [0, 0], [0, 0]),
    )
    mean, classes = agreement(log)
    np.testing.assert_allclose(classes[0], [20 / 23, 12 / 16])
    np.testing.assert_allclose(mean[0], (20 / 23 + 12 / 16) / 2)


def test_agreement_counts_only_classes_that_either_shows() -> None:
    mean, classes = agreement(log_of((0, 0, [3, 0], [1, 0], [1, 0])))
    np.testing.assert_allclose(mean[0], 0.75)
    assert np.isnan(classes[0, 1])


def test_two_that_show_nothing_agree() -> None:
    mean, classes = agreement(log_of((0, 0, [0, 0], [0, 0], [0, 0])))
    assert mean[0] == 1
    assert np.isnan(classes[0]).all()


def test_without_visits_there_is_no_agreement() -> None:
    mean, _ = agreement(log_of((0, 1, [1, 1], [0, 0], [0, 0]), (9, 0, [1, 1], [0, 0], [0, 0])))
    assert mean[0] == 1
    assert np.isnan(mean[1:]).all()


def test_score_table() -> None:
    log = visit_log()
    scores = score(log, Replay.of(log).data_parameters)
    assert scores.columns == [*FIXED_COLUMNS[4:], "agreement_anterior", "agreement_posterior"]
    assert scores.splits == {case: "train" if case in TRAIN else "val" for case in log.cases}
    assert sum(scores.column("visits").values()) == len(log.visits)
    first = log.visits[log.visits["case"] == 0]
    assert scores.values["a__1"]["mean_cost"] == pytest.approx(first["cost"].mean())
    assert scores.values["a__1"]["foreground_voxels"] == pytest.approx(first["labelled"].mean())


def test_a_case_never_visited_has_visits_zero_and_no_scores() -> None:
    log = log_of((0, 0, [1, 1], [0, 0], [0, 0]))
    row = score(log, Replay.of(log).data_parameters).values["b__1"]
    assert row.pop("visits") == 0
    assert all(np.isnan(value) for value in row.values())

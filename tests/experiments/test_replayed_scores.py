import numpy as np
import pytest

from nnunet_deepstaple.scoring.data_parameters import DataParameterSettings
from nnunet_deepstaple.scoring.visit_log import VisitLog
from scripts.experiments.replays.scores import SCORES, shortened, visit_dice


@pytest.fixture
def log() -> VisitLog:
    """Three cases of falling quality, visited by batches of two in ten epochs."""
    random = np.random.default_rng(0)
    empty = VisitLog.empty(["i__a", "i__b", "i__c"], [], ["x"], DataParameterSettings())
    visits = np.zeros(200, empty.visits.dtype)
    visits["epoch"], visits["iteration"] = np.arange(200) // 20, np.arange(200) % 20 // 2
    visits["case"] = random.integers(0, 3, 200)
    visits["voxels"], visits["labelled"], visits["predicted"] = 1000, 100, 100
    visits["tp"][:, 0] = 95 - 20 * visits["case"]
    visits["fp"] = visits["fn"] = 100 - visits["tp"]
    visits["cost"] = 0.1 + 0.1 * visits["case"]
    empty.visits = visits
    return empty


@pytest.mark.parametrize("name", SCORES)
def test_every_score_ranks_the_worst_case_last(log, name):
    scores = SCORES[name](log)
    assert min(scores[0], scores[1]) > scores[2]


def test_a_shortened_log_has_the_first_epochs(log):
    assert shortened(log, 3).epochs == 3
    assert len(shortened(log, 3).visits) == 60


def test_the_dice_of_a_visit(log):
    assert visit_dice(log.visits)[log.visits["case"] == 0] == pytest.approx(0.95)
    empty = log.visits[:1].copy()
    empty["tp"] = empty["fp"] = empty["fn"] = 0
    assert visit_dice(empty).tolist() == [1]

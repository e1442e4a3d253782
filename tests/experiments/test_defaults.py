"""The defaults of ds_fuse on real data: replayed from the logs that docs/results/runs/ keeps, without a training."""

from pathlib import Path

import numpy as np
import pytest

from scripts.experiments.common.statistics import paired_p
from scripts.experiments.replays.options import DEFAULT_PREDICTION, DEFAULT_WEIGHTS, label_only_options
from scripts.experiments.replays.runs import TRAINING_PASS, read_run
from scripts.experiments.replays.sweep import Sweep

from ..machine import HIPPOCAMPUS, NO_HIPPOCAMPUS

REPOSITORY = Path(__file__).resolve().parents[2]
RUNS = sorted((REPOSITORY / "docs/results/runs").glob("given_seed*"))

pytestmark = pytest.mark.skipif(not HIPPOCAMPUS.is_dir(), reason=NO_HIPPOCAMPUS)


@pytest.fixture(scope="module", params=RUNS, ids=lambda folder: folder.name)
def sweep(request: pytest.FixtureRequest) -> Sweep:
    return Sweep([read_run(request.param, HIPPOCAMPUS / "candidates", HIPPOCAMPUS / "oracle")])


@pytest.fixture(scope="module")
def rules(sweep) -> dict[str, np.ndarray]:
    return {judged.option.name: judged.dice for judged in sweep.judge(lambda _: label_only_options())}


@pytest.mark.parametrize("rule", ["majority", "STAPLE", "SIMPLE", "STAPLE, disputed voxels"])
@pytest.mark.parametrize("prediction", [0.0, DEFAULT_PREDICTION])
def test_the_default_is_better_than_rules_that_see_labels_only(sweep, rules, rule, prediction):
    (default,) = sweep.judge_score("agreement", TRAINING_PASS, [DEFAULT_WEIGHTS], [prediction])
    assert default.dice.mean() > rules[rule].mean()
    if prediction or rule != "STAPLE, disputed voxels":
        assert paired_p(default.dice, rules[rule]) < 0.01


def test_the_default_is_better_than_weights_from_the_true_dice(sweep):
    (default,) = sweep.judge_score("agreement", TRAINING_PASS, [DEFAULT_WEIGHTS], [DEFAULT_PREDICTION])
    (true,) = sweep.judge_score("true Dice", "", [("power", 8.0)], [0.0])
    assert default.dice.mean() > true.dice.mean()


def test_agreement_ranks_candidates_better_than_the_data_parameter(sweep):
    agreement, theta = (
        sweep.ranking(sweep.values(score, TRAINING_PASS))[0] for score in ("agreement", "θ as published")
    )
    assert agreement > theta + 0.1 > 0.7

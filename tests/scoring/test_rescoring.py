import math
from dataclasses import replace

import numpy as np
import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.scoring.data_parameters import DataParameterSettings
from nnunet_deepstaple.scoring.replay import Replay
from nnunet_deepstaple.scoring.rescoring import Rescoring
from nnunet_deepstaple.scoring.score import score
from nnunet_deepstaple.scoring.scores import Scores
from nnunet_deepstaple.scoring.tally import Tally

from .visits import visit_log


def theta_of(scores: Scores) -> dict[str, float]:
    return scores.column("data_parameter")


def without_theta(scores: Scores) -> dict[str, list[float]]:
    columns = [column for column in scores.columns if column != "data_parameter"]
    return {case: [row[column] for column in columns] for case, row in scores.values.items()}


def test_without_options_it_is_the_trainers_table() -> None:
    log = visit_log()
    log.settings = DataParameterSettings(learning_rate=0.03, baseline="running")
    assert Rescoring().scores(log) == score(log, Replay.of(log).data_parameters)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("learning_rate", 0.02),
        ("initial_value", 0.5),
        ("fixed_weighting", False),
        ("risk_regularisation", False),
        ("baseline", "running"),
        ("clamp", 0.15),
        ("warm_up", 2),
    ],
)
def test_an_option_of_the_data_parameters_changes_them_and_nothing_else(option: str, value: object) -> None:
    """Also where the run had other settings than the defaults, which stay."""
    log = visit_log()
    log.settings = DataParameterSettings(learning_rate=0.05)
    before, after = Rescoring().scores(log), Rescoring(**{option: value}).scores(log)
    expected = Replay.of(log, replace(log.settings, **{option: value})).data_parameters
    assert theta_of(after) == dict(zip(log.cases, expected, strict=True))
    assert all(theta_of(after)[case] != theta_of(before)[case] for case in log.cases)
    assert without_theta(after) == without_theta(before)
    assert after.splits == before.splits


def test_the_last_part_is_as_if_nothing_had_been_before() -> None:
    log = visit_log(epochs=5)
    late = visit_log(epochs=5)
    late.visits = late.visits[late.visits["epoch"] >= 3]
    expected = score(late, Replay.of(late).data_parameters, Tally.of(late, last_part=1))
    assert Rescoring(last_part=0.4).scores(log) == expected
    assert sum(expected.column("visits").values()) == len(log.visits) * 2 / 5


def test_the_last_part_has_one_epoch_at_least() -> None:
    log = visit_log(epochs=5)
    assert Rescoring(last_part=1e-12).scores(log) == Rescoring(last_part=0.2).scores(log)


def test_warm_up_counts_from_the_start_of_the_training() -> None:
    log = visit_log(epochs=5)
    theta = theta_of(Rescoring(warm_up=4, last_part=0.4).scores(log))
    log.visits = log.visits[log.visits["epoch"] == 4]
    assert theta == theta_of(Rescoring(last_part=1).scores(log)) | {
        case: theta[case] for number, case in enumerate(log.cases) if number not in log.visits["case"]
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0.0}, "-learning_rate 0 is not possible"),
        ({"learning_rate": math.nan}, "-learning_rate nan"),
        ({"initial_value": math.inf}, "-initial_value inf"),
        ({"clamp": 0.0}, "-clamp 0 is not possible"),
        ({"warm_up": -1}, "-warm_up -1 is not possible"),
        ({"last_part": 0.0}, "-last_part 0 is no part"),
        ({"last_part": 1.01}, "-last_part 1.01 is no part"),
        ({"last_part": math.nan}, "-last_part nan"),
    ],
)
def test_options_that_cannot_be(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Rescoring(**options).check()


def test_the_outermost_values_that_can_be() -> None:
    rescoring = Rescoring(learning_rate=1e4, initial_value=-1e4, warm_up=4, last_part=1)
    rescoring.check()
    assert all(math.isfinite(theta) for theta in theta_of(rescoring.scores(visit_log())).values())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"warm_up": 5}, "-warm_up 5 leaves nothing of a training of 5 epochs"),
        ({"initial_value": -2.0, "clamp": 1.0}, "-initial_value -2 lies beyond -clamp 1"),
    ],
)
def test_options_that_do_not_go_with_the_log(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Rescoring(**options).scores(visit_log(epochs=5))


def test_batches_of_one_have_no_batch_mean() -> None:
    log = visit_log()
    log.visits = log.visits[np.diff(log.visits["iteration"], prepend=-1) != 0]
    log.settings = DataParameterSettings(baseline="running")
    assert len(set(theta_of(Rescoring().scores(log)).values())) == len(log.cases)
    with pytest.raises(InputError, match="-baseline batch learns nothing from batches of one sample"):
        Rescoring(baseline="batch").scores(log)

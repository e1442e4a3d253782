import numpy as np

from nnunet_deepstaple.scoring.data_parameters import DataParameters, DataParameterSettings
from nnunet_deepstaple.scoring.replay import Replay

from .visits import TRAIN, VAL, epoch_of_visits, visit_log


def test_epoch_by_epoch_is_the_whole_log_at_once() -> None:
    log = visit_log(epochs=4)
    replay = Replay(len(TRAIN), len(VAL), log.settings)
    for epoch in range(4):
        replay.extend(epoch_of_visits(epoch))
    np.testing.assert_array_equal(replay.data_parameters, Replay.of(log).data_parameters)


def test_batches_are_those_of_the_training() -> None:
    visits = epoch_of_visits(0)
    training = visits[visits["case"] < len(TRAIN)]
    parameters = DataParameters(len(TRAIN), DataParameterSettings())
    for iteration in range(6):
        batch = training[training["iteration"] == iteration]
        parameters.update(batch["case"].tolist(), parameters.settings.weighted_cost(batch).tolist())
    replay = Replay(len(TRAIN), len(VAL), parameters.settings)
    replay.extend(visits)
    np.testing.assert_array_equal(replay.data_parameters[: len(TRAIN)], parameters.values)


def test_validation_visits_leave_the_training_cases_alone() -> None:
    log = visit_log()
    with_validation = Replay.of(log).data_parameters
    log.visits = log.visits[log.visits["case"] < len(TRAIN)]
    without = Replay.of(log).data_parameters
    np.testing.assert_array_equal(with_validation[: len(TRAIN)], without[: len(TRAIN)])
    assert np.all(with_validation[len(TRAIN) :] != 0)
    assert np.all(without[len(TRAIN) :] == 0)


def test_warm_up_leaves_out_the_first_epochs() -> None:
    log = visit_log(epochs=5)
    warm = Replay.of(log, DataParameterSettings(warm_up=3)).data_parameters
    log.visits = log.visits[log.visits["epoch"] >= 3]
    np.testing.assert_array_equal(warm, Replay.of(log).data_parameters)


def test_a_visit_without_a_voxel_that_counts_teaches_nothing() -> None:
    log = visit_log(epochs=1)
    before = Replay.of(log).data_parameters
    blank = log.visits[:1].copy()
    blank["voxels"], blank["iteration"] = 0, 99
    log.visits = np.concatenate([log.visits, blank])
    np.testing.assert_array_equal(Replay.of(log).data_parameters, before)

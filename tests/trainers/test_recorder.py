from pathlib import Path

import numpy as np
import torch
from torch import distributed, multiprocessing

from nnunet_deepstaple.scoring.data_parameters import DataParameterSettings
from nnunet_deepstaple.scoring.replay import Replay
from nnunet_deepstaple.trainers.recorder import VisitRecorder
from nnunet_deepstaple.trainers.statistics import VisitStatistics

from ..scoring.visits import TRAIN, VAL


def batch_of(iteration: int, samples: slice = slice(None)) -> tuple[list[str], VisitStatistics]:
    """A random batch of four training cases, or some of its samples."""
    generator = torch.Generator().manual_seed(iteration)
    cases = [TRAIN[i] for i in torch.randint(len(TRAIN), (4,), generator=generator).tolist()]
    counts = torch.randint(1, 500, (4, 3 + 3 * 2), generator=generator)
    statistics = VisitStatistics(torch.rand(4, generator=generator)[samples], counts[samples])
    return cases[samples], statistics


def test_an_epoch_of_visits_in_order() -> None:
    recorder = VisitRecorder(TRAIN + VAL, classes=2)
    for iteration in range(3):
        recorder.add(*batch_of(iteration))
    visits = recorder.collect(epoch=7)
    assert visits["iteration"].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert set(visits["epoch"]) == {7}
    keys, statistics = batch_of(1)
    second = visits[4:8]
    assert [TRAIN[case] for case in second["case"]] == keys
    np.testing.assert_array_equal(second["cost"], statistics.cost)
    columns = [second["voxels"], second["labelled"], second["predicted"], *second["tp"].T, *second["fp"].T]
    np.testing.assert_array_equal(np.stack([*columns, *second["fn"].T], 1), statistics.counts)
    assert len(recorder.collect(epoch=8)) == 0


def _rank(rank: int, rendezvous: str, folder: str) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=2)
    samples = (slice(0, 3), slice(3, 4))[rank]  # nnU-Net gives ranks batches of different sizes
    recorder = VisitRecorder(TRAIN + VAL, classes=2)
    replay = Replay(len(TRAIN), len(VAL), DataParameterSettings())
    for epoch in range(3):
        for iteration in range(5):
            recorder.add(*batch_of(100 * epoch + iteration, samples))
        replay.extend(recorder.collect(epoch))
    np.save(f"{folder}/{rank}.npy", replay.data_parameters)
    distributed.destroy_process_group()


def test_two_ranks_learn_what_one_process_learns(tmp_path: Path) -> None:
    multiprocessing.spawn(_rank, (str(tmp_path / "rendezvous"), str(tmp_path)), nprocs=2)
    recorder = VisitRecorder(TRAIN + VAL, classes=2)
    replay = Replay(len(TRAIN), len(VAL), DataParameterSettings())
    for epoch in range(3):
        for iteration in range(5):
            recorder.add(*batch_of(100 * epoch + iteration))
        replay.extend(recorder.collect(epoch))
    assert np.ptp(replay.data_parameters[: len(TRAIN)]) > 0.1
    for rank in range(2):
        np.testing.assert_allclose(np.load(tmp_path / f"{rank}.npy"), replay.data_parameters, atol=1e-6)

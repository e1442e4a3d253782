import pytest

from nnunet_deepstaple.datasets.candidates import label_maps_in, split_case
from nnunet_deepstaple.datasets.nnunet_folders import PREDICTIONS
from nnunet_deepstaple.scoring.visit_log import FILE_NAME, read_visit_log
from scripts.experiments.common.training import FIRST_PASS
from scripts.experiments.replay_all import RUNS, SETS


def test_every_kept_run_belongs_to_a_set():
    assert sorted(RUNS.glob("*_seed*")) == sorted(folder for one in SETS for folder in one.runs)


@pytest.mark.parametrize("folder", sorted(RUNS.glob("*_seed*")), ids=lambda folder: folder.name)
def test_a_kept_run_is_whole(folder):
    second, first = (read_visit_log(path / FILE_NAME) for path in (folder, folder / FIRST_PASS))
    assert (second.train, second.val, len(second.visits)) == (first.train, first.val, len(first.visits))
    assert second.lost_bytes == first.lost_bytes == 0
    images = {split_case(case)[0] for case in second.cases}
    assert {image for _, image in label_maps_in(folder / PREDICTIONS)} == images

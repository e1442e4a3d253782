import pytest

from nnunet_deepstaple.datasets.case_ids import split_case
from nnunet_deepstaple.datasets.listing import label_maps_in
from nnunet_deepstaple.datasets.nnunet_folders import PREDICTIONS
from nnunet_deepstaple.scoring.visit_log import FILE_NAME, read_visit_log
from scripts.evidence.logs import run_folder, run_names
from scripts.experiments.common.training import FIRST_PASS
from scripts.experiments.replay_all import SETS

from ..machine import needs_evidence

REPLAYED = [name for name in run_names() if "_seed" in name]

pytestmark = needs_evidence


def test_every_replayed_run_belongs_to_a_set():
    assert sorted(name for one in SETS for name in one.runs) == REPLAYED


@pytest.mark.parametrize("name", REPLAYED)
def test_a_kept_run_is_whole(name):
    folder = run_folder(name)
    second, first = (read_visit_log(path / FILE_NAME) for path in (folder, folder / FIRST_PASS))
    assert (second.train, second.val, len(second.visits)) == (first.train, first.val, len(first.visits))
    assert second.lost_bytes == first.lost_bytes == 0
    images = {split_case(case)[0] for case in second.cases}
    assert {image for _, image in label_maps_in(folder / PREDICTIONS)} == images

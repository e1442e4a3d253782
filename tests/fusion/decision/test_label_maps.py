from dataclasses import replace

import numpy as np
import pytest

from nnunet_deepstaple.files.soft_labels import soften
from nnunet_deepstaple.fusion.decision import image_shares as module
from nnunet_deepstaple.fusion.decision.calibration import calibrate_voxels
from nnunet_deepstaple.fusion.decision.image_shares import ImageShares
from nnunet_deepstaple.fusion.decision.label_maps import decide_voxels
from nnunet_deepstaple.fusion.rules.weighted import weighted
from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.fusion.votes.local_shares import LocalShares

from ..examples import noisy_candidates

SHAPE = (13, 9, 10)


@pytest.mark.parametrize("limits", [{"_SLAB": 1, "_FEWEST_PLANES": 3}, {"_FEW_LABELS": 0}], ids=["planes", "sorted"])
@pytest.mark.parametrize("by_dice", [False, True])
@pytest.mark.parametrize("kind", ["plain", "soft", "local"])
def test_some_planes_and_sorted_shares_give_the_same_as_all_labels_looked_up(kind, by_dice, limits, monkeypatch):
    rng = np.random.default_rng(0)
    votes = collect_votes([np.pad(one, 1) for one in noisy_candidates(rng, 5, SHAPE, n_labels=4)])
    consensus = replace(weighted(votes), by_dice=by_dice)
    soft, local, shares = (), None, consensus.shares
    if kind == "soft":
        probabilities = np.moveaxis(rng.dirichlet(np.ones(4), votes.shape), -1, 0)[1:]
        soft, shares = [(0.4, soften(probabilities, [1, 2, 3], votes.shape))], shares.times(0.6)
    if kind == "local":
        voxels = np.sort(rng.choice(votes.codes.size, 300, replace=False))
        local = LocalShares(
            voxels, {0: (voxels[::3], np.ones(100, np.float32)), 2: (voxels[1::3], np.ones(100, np.float32))}
        )

    def everything() -> list[np.ndarray]:
        of_image = ImageShares(votes, shares, soft, (0.6, 0.5, 0.4), local)
        decided = decide_voxels(of_image, consensus)
        told = calibrate_voxels(decided, of_image, 0.5)
        return [
            one
            for each in (decided, told)
            for one in (each.label_map(), each.certainty(), *map(each.probability, range(4)))
        ]

    whole = everything()
    for name, value in limits.items():
        monkeypatch.setattr(module, name, value)
    for one, other in zip(whole, everything(), strict=True):
        assert np.array_equal(one, other)
    assert len(np.unique(whole[0])) == 4


def test_eight_voters_may_vote_in_all_256_ways():
    ways = np.array([[way >> voter & 1 for way in range(256)] for voter in range(8)], np.uint8)
    votes = collect_votes(ways.reshape(8, 4, 8, 8))
    consensus = weighted(votes)
    decided = decide_voxels(ImageShares(votes, consensus.shares, deviation=(0.5, 0.5, 0.5)), consensus)
    assert len(votes.patterns) == 256
    assert 0 < decided.probability(1).mean() < 1

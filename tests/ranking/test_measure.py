import numpy as np

from nnunet_deepstaple.ranking.match import match_of_pairs
from nnunet_deepstaple.ranking.measure import match_of_votes
from nnunet_deepstaple.ranking.pairs import pairwise_dice

from ..fusion.examples import voters_of_an_easy_and_a_hard_structure


def test_who_marks_an_easy_structure_repeats_nobody():
    """The matches of those who mark it are the ones that they have among themselves."""
    votes = voters_of_an_easy_and_a_hard_structure()
    of_easy = slice(4, 8)
    masks = votes.patterns[:, :8] == 1
    alone = match_of_pairs(pairwise_dice(masks, np.ones(masks.shape, bool), votes.counts))
    np.testing.assert_allclose(match_of_votes(votes)[of_easy], alone[of_easy], atol=0.005)

import numpy as np
import pytest

from nnunet_deepstaple.fusion.rules.by_name import RULES
from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.fusion.votes.overlap import dice_with, pairwise_dice
from nnunet_deepstaple.fusion.votes.shares import vote_shares

from ..examples import voters_of_an_easy_and_a_hard_structure

ONE_ONLY, TWO_ONLY = {0: {0, 2}, 1: {1}}, {0: {0, 1}, 2: {2}}
WHOLE = {0: {0}, 1: {1, 2}}


def frozen(*meanings):
    return [None if one is None else {value: frozenset(labels) for value, labels in one.items()} for one in meanings]


def votes_of(*rows, meanings=None, ignored=None):
    maps = [np.array([row], np.uint8) for row in rows]
    return collect_votes(maps, ignored, meanings=None if meanings is None else frozen(*meanings))


def by_voxel(votes, values):
    return votes.paint(np.asarray(values))[0].tolist()


def test_votes_for_all_labels_are_what_they_were():
    rows = [0, 1, 2, 2, 3], [0, 1, 1, 2, 3]
    plain = votes_of(*rows, ignored=3)
    meant = votes_of(*rows, meanings=({0: {0}, 1: {1}, 2: {2}, 3: {0, 1, 2, 3}}, None), ignored=[3])
    assert meant.meanings is None
    np.testing.assert_array_equal(meant.labels, plain.labels)
    np.testing.assert_array_equal(meant.patterns, plain.patterns)
    assert meant.patterns.dtype == plain.patterns.dtype


def test_numbers_are_translated():
    votes = votes_of([0, 1, 2], [0, 2, 1], meanings=({0: {0}, 1: {1}, 2: {2}}, {0: {0}, 1: {2}, 2: {1}}))
    assert votes.meanings is None
    assert pairwise_dice(votes).tolist() == [[1, 1], [1, 1]]


def test_a_value_that_stands_for_nothing_is_refused():
    with pytest.raises(ValueError, match="the value 2 stands for nothing"):
        votes_of([0, 2], meanings=(ONE_ONLY,))


def test_what_is_not_looked_for_is_not_denied():
    votes = votes_of([0, 1, 0, 0], [0, 0, 0, 2], meanings=(ONE_ONLY, TWO_ONLY))
    shares = np.asarray(vote_shares(votes, np.array([0.5, 0.5])))
    assert [by_voxel(votes, shares[:, label].round(6)) for label in range(3)] == [
        [1, 0, 1, 0],
        [0, 1, 0, 0],
        [0, 0, 0, 1],
    ]


def test_a_whole_is_divided_by_those_who_tell_its_parts():
    votes = votes_of([0, 1, 1, 1], [0, 1, 2, 0], meanings=(WHOLE, None))
    shares = np.asarray(vote_shares(votes, np.array([0.5, 0.5])))
    assert by_voxel(votes, shares[:, 1].round(6)) == [0, 1, 0, 0.25]
    assert by_voxel(votes, shares[:, 2].round(6)) == [0, 0, 1, 0.25]


def test_voters_are_compared_on_what_both_look_for():
    """The first and the third share 2/3 of label 1, the second and the third all of label 2.

    To bring both labels to one scale, their Dice become the geometric mean of the labels' means, unless they are 1.
    """
    rows = [0, 1, 1, 0], [0, 0, 0, 2], [0, 1, 0, 2]
    dice = pairwise_dice(votes_of(*rows, meanings=(ONE_ONLY, TWO_ONLY, None)))
    assert dice[0, 2] == pytest.approx(np.sqrt(2 / 3))
    assert dice[1, 2] == 1
    assert dice[0, 1] == pytest.approx((np.sqrt(2 / 3) + 1) / 2)  # nothing in common, neither is worse
    np.testing.assert_array_equal(dice, dice.T)


def test_a_voter_is_as_good_as_among_those_who_look_for_the_same():
    """Of three who look for label 1, the third overlaps least; no two overlap less because label 2 is harder."""
    ones = [0, 1, 1, 1, 1, 0, 0, 0, 0, 0], [0, 1, 1, 1, 1, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    twos = [0, 0, 0, 0, 0, 0, 2, 2, 0, 0], [0, 0, 0, 0, 0, 0, 0, 2, 2, 0]
    dice = pairwise_dice(votes_of(*ones, *twos, meanings=(ONE_ONLY,) * 3 + (TWO_ONLY,) * 2))
    ones_mean, twos_mean = (1 + 2 / 3 + 2 / 3) / 3, 1 / 2
    scaled = np.sqrt(ones_mean * twos_mean)  # the mean of both labels, to which each of their Dice is raised
    less = (2 / 3) ** (np.log(scaled) / np.log(ones_mean))
    of_all = (1 + less + less) / 3
    expected = (1 + less + less + scaled) / 4
    assert dice[0, 3] == dice[1, 4] == pytest.approx(expected * np.sqrt((1 + less) / 2 / of_all))
    assert dice[2, 3] == pytest.approx(expected * np.sqrt(less / of_all))


@pytest.mark.parametrize("rule", ["spectral", "leave_one_out", "simple"])
def test_who_marks_an_easy_structure_is_no_better_and_repeats_nobody(rule):
    consensus = RULES[rule](voters_of_an_easy_and_a_hard_structure(), None)
    by_kind = np.median(consensus.weights.reshape(3, 4), axis=1)
    assert by_kind.max() < 1.3 * by_kind.min()
    assert consensus.convergence.get("rejected", 0) <= 1


def test_a_structure_whose_voters_do_not_overlap_is_kept():
    """Two of five look for label 2 and place it apart: each of them has half of the vote on it."""
    ones, one, other = [0, 1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 2, 0, 0], [0, 0, 0, 0, 0, 2, 0]
    votes = votes_of(ones, ones, ones, one, other, meanings=(ONE_ONLY,) * 3 + (TWO_ONLY,) * 2)
    consensus = RULES["spectral"](votes, None)
    assert consensus.weights[3] == pytest.approx(consensus.weights[4])
    assert by_voxel(votes, consensus.probabilities[:, 2])[4:6] == pytest.approx([0.5, 0.5])


def test_a_whole_is_compared_as_a_whole():
    rows = [0, 1, 1, 1, 0], [0, 1, 2, 0, 0], [0, 1, 1, 0, 0]
    dice = pairwise_dice(votes_of(*rows, meanings=(WHOLE, None, WHOLE)))
    assert dice[0, 1] == pytest.approx(2 * 2 / (3 + 2))
    assert dice[0, 2] == pytest.approx(2 * 2 / (3 + 2))
    assert dice[1, 2] == 1


def test_dice_with_a_label_map_counts_what_a_voter_looks_for():
    votes = votes_of([0, 1, 1, 0], [0, 0, 0, 2], meanings=(ONE_ONLY, TWO_ONLY))
    labels = np.asarray(vote_shares(votes, np.array([0.5, 0.5]))).argmax(axis=1)
    assert dice_with(votes, labels).tolist() == [1, 1]


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_heeds_what_is_not_annotated(rule):
    """Two of three mark each structure among those who look for it; the others' silence is no vote."""
    one, two, both = [0, 1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 2, 2, 2], [0, 1, 1, 1, 2, 2, 2]
    rows, meanings = [one, one, two, two, both], (ONE_ONLY, ONE_ONLY, TWO_ONLY, TWO_ONLY, None)
    votes = votes_of(*rows, meanings=meanings)
    consensus = RULES[rule](votes, None)
    assert by_voxel(votes, votes.labels[consensus.labels]) == both
    np.testing.assert_allclose(consensus.probabilities.sum(axis=1), 1)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_who_is_silent_beside_sets_of_labels_changes_nothing(rule):
    rows = [0, 1, 1, 0, 9], [0, 0, 1, 2, 9], [9, 9, 9, 9, 9]
    meanings = (ONE_ONLY, None, None)
    votes = votes_of(*rows, meanings=({**ONE_ONLY, 9: {0, 1, 2}}, None, None), ignored=[9])
    assert votes.heard[votes.codes].tolist()[0][0][:4] == [True] * 4
    consensus = RULES[rule](votes, None)
    assert np.isfinite(consensus.probabilities).all()
    assert by_voxel(votes, votes.labels[consensus.labels])[2:4] == [1, 2]
    del meanings

import pytest

from nnunet_deepstaple.report.numbers import TruthNumbers
from nnunet_deepstaple.report.ranking import rank
from nnunet_deepstaple.report.truth import judge, mean_dice

from .examples import candidate, image_numbers


def truth(dice, hd95=1.0):
    return TruthNumbers({"1": dice}, {"1": hd95}, {"1": dice - 0.1})


def images(n=8):
    return [
        image_numbers(
            f"i{k}",
            [candidate("a", 0.9), candidate("b", 0.5), candidate("c", 0.1)],
            expected_error=k / 10,
            truth={
                "consensus": truth(0.9 - k / 10),
                "majority": truth(0.85 - k / 10 - k / 1000),
                " a": truth(0.6),
                " b": truth(0.7, None),
                " c": truth(0.2),
            },
        )
        for k in range(n)
    ]


def test_rules_and_sources_beside_the_consensus():
    table = judge(rank(images()))
    consensus, majority, *sources = table.judged
    assert (consensus.name, consensus.difference, consensus.p) == ("consensus", None, None)
    assert majority.difference == pytest.approx(-0.0535)
    assert majority.p == pytest.approx(2 / 2**8)  # all of eight differences on one side
    assert [one.name for one in sources] == ["b", "a", "c"]
    assert sources[0].hd95 is None
    assert [one.surface_dice for one in sources] == pytest.approx([0.6, 0.5, 0.1])


def test_too_few_pairs_have_no_p():
    assert judge(rank(images(5))).judged[1].p is None


def test_rank_correlations_by_hand():
    table = judge(rank(images()))
    assert table.of_scores[0].rho == pytest.approx(0.5)  # true order b, a, c; by score a, b, c
    assert table.of_scores[0].n == 8
    assert {one.what: one.rho for one in table.of_need} == {
        "need": pytest.approx(1),
        "expected error": pytest.approx(1),
    }


def test_without_true_labels_there_is_no_table():
    assert judge(rank([image_numbers()])) is None


def test_dice_is_the_mean_over_the_labels_shown():
    assert mean_dice(TruthNumbers({"1": 0.5, "2": 1.0}, {})) == 0.75
    assert mean_dice(TruthNumbers({}, {})) == 1

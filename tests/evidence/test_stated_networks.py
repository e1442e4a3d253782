"""Tables of trainings, and of the networks that they teach, state what the evidence holds."""

import numpy as np
import pytest

from scripts.experiments.common.statistics import paired_p
from scripts.experiments.judged_networks import read_networks

from ..machine import needs_evidence
from .stated import Look, Stated, evidence, of_seeds, value

pytestmark = needs_evidence


def strengths(row: str, column: str) -> list[float] | None:
    scores = {
        "θ: neither": "θ: neither",
        "fixed weighting": "θ: fixed weighting",
        "risk regularisation": "θ: risk regularisation",
        "both": "θ: both (the paper)",
        "both, warm-up 40 %": "θ: both, warm-up 40 %",
        "agreement": "agreement",
    }
    if row == "the paper":
        return None
    way = f"strength={row}; score={scores[column]}; pass=second pass"
    return [value("disturbed_labels", "slices", way, "Pearson")]


def slice_networks(row: str, column: str) -> list[float]:
    names = {
        "all labels, weighted in line": "all labels, in line",
        "the half that agreement trusts": "half trusted by agreement",
        "the truly good half": "good half",
    }
    assert column == "test Dice"
    return [value("mixed_quality_networks", "slices", f"trained on={names.get(row, row)}", column)]


def in_line(row: str, column: str) -> list[float]:
    metrics = {
        "network on test images": "Dice of test images",
        "on training images": "Dice of training images",
        "θ within image": "θ as published, within image",
        "agreement within image": "agreement, within image",
    }
    return [value("in_line", "given", f"way={row}", metrics[column])]


NETWORKS = {
    "agreement: ds_fuse -d_out, the default for labels to train on": "agreement",
    "agreement: the default for labels to train on": "agreement",
    "DP: the paper's vote by θ": "DP",
    "agreement and prediction, weight 0.5": "agreement_prediction",
    "agreement and prediction, weight 0.25": "agreement_prediction_0.25",
    "STAPLE --disputed_only": "STAPLE_disputed",
    "PRED: the scoring network's prediction": "PRED",
    "RND: one random candidate": "RND",
    "ALL: every candidate": "ALL",
    "GAP: the atlases only": "GAP",
}


def second_networks(experiment: str) -> Look:
    """The table of an experiment: labels, Dice by seed, and share of ORACLE's over the seeds that both have."""

    def look(row: str, column: str) -> list[float] | None:
        name = NETWORKS.get(row, row)
        way, labels = f"row={name}", {"labels: Dice, volume": ["labels' Dice", "labels' volume, × true"]}
        if column in labels:
            return [value(experiment, "given", way, metric) for metric in labels[column]]
        dice = of_seeds(experiment)
        if column.startswith("test Dice"):
            return list(dice[name].values())
        if column == "volume":
            return [value(experiment, "given", way, "test volume, × true")]
        return [value(experiment, "given", way, "% of ORACLE")]

    return look


TAUGHT = {
    "ORACLE": "ORACLE",
    "the second round's consensus, and the 30 atlases with": "atlases_inverted",
    "the same again, with the consensus": "atlases_again",
    "and again": "atlases_third",
    "the consensus of the second round": "second_round",
    "with the prediction": "agreement_prediction",
    "the same, and -ignore_below": "ignored",
    "all candidates, drawn": "drawn",
    "agreement, -smooth 0": "agreement_not_smoothed",
    "shares with the prediction": "regions",
    "agreement: -d_out": "agreement",
    "the same, from the scoring network's weights": "agreement_pretrained",
    "the second round's consensus, and the atlases as they are": "atlases_too",
}


def taught(row: str, column: str) -> list[float] | None:
    """What networks of 2,000 iterations learn from, and their Dice, its p beside that of "agreement", and volume."""
    name = next((name for begins, name in TAUGHT.items() if row.startswith(begins)), None)
    if name is None:
        return None  # one training instead of two is another experiment
    way = f"row={name}"
    if column.startswith("Dice, volume of the labels"):
        metrics = ("labels' Dice", "labels' volume, × true")
        return [value("second_network_25", "given", way, metric) for metric in metrics]
    if column == "of ORACLE":
        return [value("second_network_25", "given", way, "% of ORACLE")]
    dice, volumes = (of_seeds("second_network_25", metric)[name] for metric in ("Dice", "volume, × true"))
    networks = read_networks(evidence(), "second_network_25")
    beside = networks["agreement", 0].dice
    tested = [] if name in ("ORACLE", "agreement") else [networks[name, int(seed)].dice for seed in dice]
    ps = [
        paired_p(*(np.array([one[image] for image in sorted(beside)]) for one in (other, beside))) for other in tested
    ]
    return [*dice.values(), *ps, *volumes.values()]


ROUNDS = {
    "agreement: -d_out": "agreement",
    "the same with -smooth 0": "agreement_not_smoothed",
    "with the prediction: -d_out -prediction_weight 0.75": "agreement_prediction",
    "the consensus of this second round: a third round": "second_round",
    "the second round, and the atlases, inverted": "atlases_inverted",
    "the same again": "atlases_again",
}


def rounds(row: str, column: str) -> list[float] | None:
    labels = {
        "its Dice on the training images": "second network",
        "consensus of the round": "second round",
        "with both networks": "both networks",
    }
    way = f"network={ROUNDS[row]}; labels={labels[column]}"
    before = {"atlases_inverted": "agreement_prediction", "atlases_again": "atlases_inverted"}.get(ROUNDS[row])
    tested = [f"p − second round of {before}"] if before and labels[column] == "second round" else []
    return [value("second_round", "given", way, metric) for metric in ("Dice", *tested)]


STATED = [
    Stated("results/pages/slices.md", "| strength |", strengths, 18),
    Stated("results/pages/slices.md", "| trained on |", slice_networks, 4),
    Stated("results/pages/in_line.md", "| | network on test images |", in_line, 8),
    Stated(
        "results/pages/second_network.md", "| labels | labels: Dice, volume |", second_networks("second_network"), 35
    ),
    Stated("results/pages/second_network.md", "| what the network learns from |", taught, 36),
    Stated("results/pages/second_network.md", "| labels of the network |", rounds, 18),
    Stated(
        "results/pages/second_network.md",
        "| labels | test Dice, seeds 0 / 1 | volume |",
        second_networks("second_network_longer"),
        8,
    ),
]


@pytest.mark.parametrize("stated", STATED, ids=str)
def test_a_table_states_what_the_evidence_holds(stated: Stated) -> None:
    stated.check()

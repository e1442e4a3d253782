"""What the tables of the pages state is what the evidence holds: cell by cell, in the digits that are shown."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from scripts.evidence.rows import Evidence, Name, means_by_seed, read_evidence
from scripts.experiments.common.statistics import paired_p
from scripts.experiments.judged_networks import read_networks

from ..machine import EVIDENCE, needs_evidence

pytestmark = needs_evidence

DOCS = EVIDENCE.parent / "docs"
NUMBER = re.compile(r"[+−-]? ?\d+(?:\.\d+)?(?:e-?\d+)?")

Look = Callable[[str, str], list[float] | None]
"""The numbers of a cell, by the beginning of its row and its column; None where the evidence has none."""


@cache
def evidence() -> Evidence:
    return read_evidence()


def value(experiment: str, which: str, way: str, metric: str) -> float:
    """One number over all images."""
    return float(evidence()[Name(experiment, which, "", way, "", metric)].value)


WAYS = {
    "majority": "majority",
    "STAPLE": "STAPLE",
    "STAPLE (the first default without scores)": "STAPLE",
    "STAPLE --disputed_only": "STAPLE, disputed voxels",
    "STAPLE, disputed voxels": "STAPLE, disputed voxels",
    "SIMPLE": "SIMPLE",
    "leave_one_out": "leave_one_out",
    "spectral, largest share, not smoothed": "spectral, by argmax",
    "spectral": "spectral (default without scores)",
    "spectral: the default without scores": "spectral (default without scores)",
    "the paper's vote by θ": "vote by θ (paper)",
    "agreement⁶ alone, not smoothed": "agreement alone",
    "agreement and overlap, not smoothed": "agreement and overlap",
    "agreement and overlap": "agreement and overlap, smoothed",
    "the first default, with the prediction": "first default",
    "the second": "second default",
    "with the prediction, agreement alone": "with the prediction, agreement alone",
    "with the prediction": "default",
    "the default with a network": "default",
    "the vote without the prediction": "agreement and overlap, smoothed",
    "the first default": "first default",
}
SETS = {
    "ConvexAdam, 25": "ConvexAdam, 25 visits",
    "swapped, 28": "swapped, 28 visits",
    "mixed": "deepgrey, mixed",
}
P = {"spectral (default without scores)": "spectral"}
"""Ways that the metric of a test calls otherwise."""

BY_HAND = ("first default", "second default")
"""Ways of which the evidence has no more digits than the page, so that it has the differences too."""


def consensus(which: str, column: str) -> list[float]:
    """Dice of a way, or the difference of the default to one and its p."""
    if column.startswith("− "):
        return difference(which, WAYS[column.removeprefix("− ")])
    return [value("all_rules", which, f"way={WAYS[column]}", "Dice")]


IMAGES = {
    "40 hippocampi, 10 atlases each, 0.56": "given",
    "the same 40, atlases of like quality, 0.68": "ConvexAdam",
    "20 others, 0.64": "other",
    "30 others, 0.51, nearly half below 0.5, a young network": "swapped",
    "130 photographs of cells, 7 people each, 0.87": "raters",
    "four structures of 13 brains (OASIS, Neuromorphometrics), 10 atlases each, 0.82": "deepgrey",
    "the same, half of the registrations poor, 0.77": "deepgrey, mixed",
}


def readme(row: str, column: str) -> list[float]:
    ways = {
        "paper's vote by θ": "vote by θ (paper)",
        "without a network: spectral": "spectral (default without scores)",
        "with one: the default": "default",
    }
    if column == "with the atlases' images: joint":
        return [value("joint_fusion", IMAGES[row], "way=joint, auto (default)", "Dice")]
    return [value("all_rules", IMAGES[row], f"way={ways.get(column, column)}", "Dice")]


def need(row: str, column: str) -> list[float]:
    numbers = {
        "expected error alone": "expected error",
        "disagreement with the prediction": "prediction",
        "share of disputed voxels": "disputed",
        "mean error": "error",
    }
    metric = "mean error" if row == "mean error" else "Spearman with the error"
    return [value("look_first", column.partition(",")[0], f"number={numbers.get(row, row)}", metric)]


def difference(which: str, other: str) -> list[float]:
    p = value("all_rules", which, "way=default", f"p − {P.get(other, other)}")
    if other in BY_HAND:
        return [value("all_rules", which, "way=default", f"− {other}"), p]
    ours, theirs = (value("all_rules", which, f"way={way}", "Dice") for way in ("default", other))
    return [ours - theirs, p]


def all_ways(row: str, column: str) -> list[float]:
    which = SETS.get(column, column)
    other = re.fullmatch(r"(?:its difference )?to (.*)", row)
    return difference(which, WAYS[other[1]]) if other else [value("all_rules", which, f"way={WAYS[row]}", "Dice")]


def transfer(row: str, column: str) -> list[float] | None:
    families = {
        "best label-only rule, chosen elsewhere": "label-only rules",
        "best vote without the prediction, chosen elsewhere": "votes by any score",
        "best of everything, chosen elsewhere": "everything",
        "the fixed vote": "the fixed vote",
    }
    which, best = row.partition(",")[0], "family=everything"
    if column.startswith("− "):
        other = column.removeprefix("− ")
        return [value("transfer", which, best, column), value("transfer", which, best, f"p, {other}")]
    if column == "SIMPLE":
        return [value("transfer", which, best, "Dice") - value("transfer", which, best, "− SIMPLE")]
    return [value("transfer", which, f"family={families[column]}", "Dice")]


def scores_part(row: str, column: str) -> list[float]:
    which = column.partition(",")[0]
    return [value("prediction_trust", which, f"way=t = {row}", f"Dice, {number} candidates") for number in (3, 5, 7)]


def kept_weight(row: str, column: str) -> list[float] | None:
    ways = {"nothing": "t = 1", "everything": "fixed"}
    number = re.fullmatch(r"of (\d)(?: candidates)?", column)
    if row not in ways or row == "everything":
        return None  # the weights of the candidates were others then
    which, metric = ("given", f"Dice, {number[1]} candidates") if number else (column, "Dice, all candidates")
    return [value("prediction_trust", which, f"way={ways[row]}", metric)]


def visits(row: str, column: str) -> list[float]:
    score = {"Spearman within image, agreement": "agreement", "the same, θ": "θ as published"}
    scores = score | {"consensus by agreement": "agreement", "consensus by θ (standardised softmax)": "θ as published"}
    metric = "consensus Dice" if row.startswith("consensus") else "Spearman within image"
    return [value("visits", "other", f"visits per case={column}; score={scores[row]}; pass=training pass", metric)]


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


def of_seeds(experiment: str, metric: str = "Dice") -> dict[str, dict[str, float]]:
    """Means over the test images, by row and seed."""
    found: dict[str, dict[str, float]] = {}
    for row in means_by_seed(evidence(), experiment)["given"]:
        found.setdefault(str(row["row"]), {})[str(row["seed"])] = float(row[metric])
    return {row: dict(sorted(seeds.items())) for row, seeds in found.items()}


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


JOINT = {
    "spectral, the default with labels alone": "spectral",
    "joint, the default with -atlas_images": "joint, auto (default)",
    "ANTs' joint fusion, intensities": "ANTs joint fusion",
    "joint alone": "joint, auto (default)",
}


def joint(row: str, column: str) -> list[float]:
    name = column.partition(",")[0]
    sets = {"half inverted": "deepgrey, half inverted", "mixed": "deepgrey, mixed"}
    return [value("joint_fusion", sets.get(name, name), f"way={JOINT.get(row, row)}", "Dice")]


def joint_with_network(row: str, column: str) -> list[float]:
    way = f"way={JOINT.get(row, row)}"
    if column == "Dice":
        return [value("joint_fusion", "ConvexAdam", way, "Dice")]
    return [
        -value("joint_fusion", "ConvexAdam", way, "default −"),
        value("joint_fusion", "ConvexAdam", way, "p, default"),
    ]


@dataclass(frozen=True)
class Stated:
    """A table of a page: how its first line begins, where its numbers are, and how many cells have any."""

    page: str
    begins: str
    look: Look
    cells: int


STATED = [
    Stated("../README.md", "| images, mean Dice of their candidates |", readme, 47),
    Stated("report.md", "| | given, 40 images |", need, 23),
    Stated("results.md", "| | majority | STAPLE |", consensus, 81),
    Stated("results/pages/defaults.md", "| | given | ConvexAdam | ConvexAdam, 25", all_ways, 207),
    Stated("results/pages/defaults.md", "| part of the scores | given, 3 / 5 / 7", scores_part, 8),
    Stated("results/pages/choices.md", "| judged on |", transfer, 28),
    Stated("results/pages/prediction.md", "| the prediction keeps", kept_weight, 7),
    Stated("results/pages/scores.md", "| visits a case |", visits, 28),
    Stated("results/pages/joint.md", "| way | deepgrey, 13 images |", joint, 26),
    Stated("results/pages/joint.md", "| way | Dice | − joint alone |", joint_with_network, 11),
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


def table(page: Path, begins: str) -> list[list[str]]:
    """Cells of the table that begins so, as plain text."""
    lines = page.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(begins))
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        plain = re.sub(r"\[[^]]*\]\([^)]*\)|[*`]|p < [\d.e-]+", "", line)  # no links, emphasis and bounds
        rows.append([cell.strip() for cell in plain.strip().strip("|").split("|")])
    del rows[1]
    return rows


def is_shown(number: str, found: float) -> bool:
    """Whether a number is that of the evidence, in its own digits; older rows of the evidence have four decimals."""
    plain = Decimal(number.replace("−", "-").replace(" ", ""))
    unit = 10 ** int(plain.as_tuple().exponent)
    return abs(float(plain) - found) <= 0.5 * unit + min(1.1e-4, 0.1 * unit)


@pytest.mark.parametrize("stated", STATED, ids=lambda one: f"{one.page} {one.begins}")
def test_a_table_states_what_the_evidence_holds(stated: Stated) -> None:
    (_, *columns), *rows = table(DOCS / stated.page, stated.begins)
    wrong, checked = [], 0
    for row, *cells in rows:
        for column, cell in zip(columns, cells, strict=True):
            numbers = NUMBER.findall(cell)
            found = stated.look(row, column) if numbers else None
            if found is not None:
                checked += 1
                if len(numbers) != len(found) or not all(map(is_shown, numbers, found)):
                    wrong.append((row, column, cell, found))
    assert wrong == []
    assert checked >= stated.cells


@pytest.mark.parametrize(
    ("number", "found", "same"),
    [("0.713", 0.71321, True), ("0.713", 0.7136, False), ("9e-12", 9.1e-12, True), ("9e-12", 0.0, False)],
)
def test_numbers_are_compared_in_the_digits_shown(number, found, same):
    assert is_shown(number, found) == same

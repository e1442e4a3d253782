"""Tables of votes state what the evidence holds."""

import re

import pytest

from ..machine import needs_evidence
from .stated import Stated, is_shown, value

pytestmark = needs_evidence

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
]


@pytest.mark.parametrize("stated", STATED, ids=str)
def test_a_table_states_what_the_evidence_holds(stated: Stated) -> None:
    stated.check()


@pytest.mark.parametrize(
    ("number", "found", "same"),
    [("0.713", 0.71321, True), ("0.713", 0.7136, False), ("9e-12", 9.1e-12, True), ("9e-12", 0.0, False)],
)
def test_numbers_are_compared_in_the_digits_shown(number, found, same):
    assert is_shown(number, found) == same

"""Tables of repeated candidates, of draws of networks, and of how sure is right state what the evidence holds."""

import numpy as np
import pytest

from ..machine import needs_evidence
from .stated import Stated, evidence, value

pytestmark = needs_evidence


def repeated(which: str) -> Stated:
    """The table of one set."""

    def look(row: str, column: str) -> list[float]:
        shares = {"error of shares, votes": "votes", "calibrated": "calibrated"}
        metric = "calibration error" if column in shares else "Dice"
        return [value("repeated_candidates", which, f"case={row}; rule={shares.get(column, column)}", metric)]

    return Stated("results/pages/repeated.md", "| | majority | STAPLE |", look, 60, below=f"**{which}** (")


def drawn(row: str, column: str) -> list[float]:
    """How far spectral is from the best other rule in ten draws of networks."""
    number, _, bad = column.partition(", one is ")
    draws: dict[str, dict[str, float]] = {}
    for name, found in evidence().items():
        ways = name.ways
        if name.experiment == "drawn_networks" and (ways["networks"], ways["bad one"]) == (number, bad or "none"):
            draws.setdefault(ways["draw"], {})[ways["rule"]] = float(found.value)
    gaps = np.array([dice.pop("spectral") - max(dice.values()) for dice in draws.values()])
    below = float((gaps < -0.003 - 1e-9).sum())
    return {"mean": [float(gaps.mean())], "worst draw": [float(gaps.min())]}.get(row, [below, float(len(gaps))])


def certain(row: str, column: str) -> list[float]:
    """How far shares of a set are from how often they are right."""
    which, _, way = row.rpartition(", ")
    name, _, when = column.rpartition(", ")
    metrics = {
        "error": "calibration error",
        "apart": "calibration error, drawn and not apart",
        "Brier": "Brier score",
        "CRPS": "CRPS of volumes",
    }
    before = ", before" if when == "before" else ""
    return [value("calibrated_shares", which, f"way={way}{before}", metrics[name])]


SETS = ("given", "raters", "deepgrey", "mixed", "ConvexAdam", "swapped", *(f"networks, {k}" for k in (5, 10, 33)))
STATED = [
    *map(repeated, SETS),
    Stated("results/pages/repeated.md", "| networks | 5 | 5, one is WCE |", drawn, 18),
    Stated("results/pages/certainty.md", "| set | error, before | error, now |", certain, 80),
]


@pytest.mark.parametrize("stated", STATED, ids=str)
def test_a_table_states_what_the_evidence_holds(stated: Stated) -> None:
    stated.check()

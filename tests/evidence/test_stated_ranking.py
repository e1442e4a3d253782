"""Tables of expected Dice, and of what other sets show, state what the evidence holds."""

import pytest

from ..machine import needs_evidence
from .stated import Stated, value

pytestmark = needs_evidence

SETS = {
    "networks": "networks",
    "raters": "raters",
    "hippocampi": "hippocampus",
    "across contrasts": "convexadam",
    "20 others, across contrasts": "other",
    "half of the registrations poor": "swapped",
    "deep grey matter": "deepgrey",
    "the same, half of them poor": "deepgrey, mixed",
}


def expected(row: str, column: str) -> list[float]:
    """Rank correlation, error or coverage of the expected Dice of a set's consensus."""
    what, _, known = column.partition(", ")
    metrics = {"ρ": "Spearman", "within": "coverage"}
    before = ", in proportion to its match" if "before" in what else ""
    truths = 5 if known == "with five" else 0
    way = f"sources=consensus{before}; truths={truths}"
    found = value("ranked_sources", SETS[row], way, metrics.get(what, "absolute error"))
    return [100 * found if what == "within" else found]


ALL = {"networks": 33, "raters": 7, "swapped": 20, "deepgrey": 10, "deepgrey, mixed": 10}
"""Sources of a set; the others have 30."""


def elsewhere(row: str, column: str) -> list[float]:
    """Coverage and error of all sources of a set, without true labels and with five, by assumptions from others."""
    what, _, others = column.partition(", by ")
    assumptions = f", assumptions by the {others}" if others else ""
    metric, images, unit = ("coverage", "drawn", 100) if what == "within" else ("absolute error", "all", 1)
    way = f"sources={ALL.get(SETS[row], 30)}{assumptions}; images={images}"
    return [unit * value("ranked_sources", SETS[row], f"{way}; truths={truths}", metric) for truths in (0, 5)]


STATED = [
    Stated("how_to/trusted_source.md", "| set | ρ | error before", expected, 56),
    Stated("how_to/trusted_source.md", "| set | within | within, by", elsewhere, 48),
]


@pytest.mark.parametrize("stated", STATED, ids=str)
def test_a_table_states_what_the_evidence_holds(stated: Stated) -> None:
    stated.check()

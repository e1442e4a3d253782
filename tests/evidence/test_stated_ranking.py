"""The table of the expected Dice of a consensus states what the evidence holds."""

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


def test_the_table_states_what_the_evidence_holds() -> None:
    Stated("how_to/trusted_source.md", "| set | ρ | error before", expected, 56).check()

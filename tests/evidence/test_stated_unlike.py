"""The table of candidates that are partial states what the evidence holds."""

from statistics import mean

from scripts.evidence.rows import Name

from ..machine import needs_evidence
from .stated import Stated, evidence

pytestmark = needs_evidence

CANDIDATES = {
    "partial, and nobody says so": "partial, not said",
    "partial, with sources.json": "partial, said",
    "each structure fused apart, by those who keep it": "each label apart",
    "as many complete candidates": "as many complete ones",
    "all complete candidates": "complete",
}
LABELS = {"first": 1, "second": 2}


def of_draws(row: str, column: str) -> list[float]:
    """Mean Dice of one structure over the draws."""
    way = f"rule=spectral; candidates={CANDIDATES[row]}; label={LABELS[column]}"
    names = [Name("partial_candidates", "given", "", way, str(seed), "Dice") for seed in range(5)]
    return [mean(float(evidence()[name].value) for name in names)]


def test_the_table_states_what_the_evidence_holds() -> None:
    Stated("how_to/unlike_candidates.md", "| candidates | first | second |", of_draws, 10).check()

"""How a table of a page is held by the evidence: cell by cell, in the digits that are shown."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from scripts.evidence.rows import Evidence, Name, means_by_seed, read_evidence

from ..machine import EVIDENCE

DOCS = EVIDENCE.parent / "docs"
NUMBER = re.compile(r"[+−-]? ?(?:\d*\.)?\d+(?:e-?\d+)?")

Look = Callable[[str, str], list[float] | None]
"""The numbers of a cell, by the beginning of its row and its column; None where the evidence has none."""


@cache
def evidence() -> Evidence:
    return read_evidence()


def value(experiment: str, which: str, way: str, metric: str) -> float:
    """One number over all images."""
    return float(evidence()[Name(experiment, which, "", way, "", metric)].value)


def of_seeds(experiment: str, metric: str = "Dice") -> dict[str, dict[str, float]]:
    """Means over the test images, by row and seed."""
    found: dict[str, dict[str, float]] = {}
    for row in means_by_seed(evidence(), experiment)["given"]:
        found.setdefault(str(row["row"]), {})[str(row["seed"])] = float(row[metric])
    return {row: dict(sorted(seeds.items())) for row, seeds in found.items()}


@dataclass(frozen=True)
class Stated:
    """A table of a page.

    Attributes:
        page: where it is.
        begins: how its first line begins.
        look: where its numbers are.
        cells: how many of its cells have any.
        below: how a line above it begins, where several tables begin alike.
    """

    page: str
    begins: str
    look: Look
    cells: int
    below: str = ""

    def __str__(self) -> str:
        return f"{self.page} {self.below}{self.begins}"

    def check(self) -> None:
        """Compare each cell that has numbers."""
        (_, *columns), *rows = table(DOCS / self.page, self.begins, self.below)
        wrong, checked = [], 0
        for row, *cells in rows:
            for column, cell in zip(columns, cells, strict=True):
                numbers = NUMBER.findall(cell)
                found = self.look(row, column) if numbers else None
                if found is not None:
                    checked += 1
                    if len(numbers) != len(found) or not all(map(is_shown, numbers, found)):
                        wrong.append((row, column, cell, found))
        assert wrong == []
        assert checked >= self.cells


def table(page: Path, begins: str, below: str = "") -> list[list[str]]:
    """Cells of the table that begins so, as plain text."""
    lines = page.read_text(encoding="utf-8").splitlines()
    above = next(number for number, line in enumerate(lines) if line.startswith(below))
    first = next(number for number, line in enumerate(lines) if number >= above and line.startswith(begins))
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

"""The score table: one row per case, in the file scores.csv."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..datasets.case_ids import split_case
from ..errors import InputError
from ..files.atomic import write_text

FILE_NAME = "scores.csv"

FIXED_COLUMNS = (
    "case",
    "image",
    "candidate",
    "split",
    "visits",
    "data_parameter",
    "agreement",
    "mean_cost",
    "foreground_voxels",
)
_TEXT_COLUMNS = ("case", "image", "candidate", "split")


@dataclass
class Scores:
    """Scores of cases.

    Attributes:
        columns: names of the numeric columns, in file order (``visits``, ``data_parameter``, …,
            ``agreement_<label name>``).
        splits: ``train`` or ``val`` for each case (``both`` where merged folds differ).
        values: the numbers of each case by column; a missing number is NaN.
    """

    columns: list[str]
    splits: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, case: str, split: str, values: Mapping[str, float]) -> None:
        """Add one row; columns that are not given are missing."""
        self.splits[case] = split
        self.values[case] = {name: float(values.get(name, math.nan)) for name in self.columns}

    def column(self, name: str) -> dict[str, float]:
        """One score of every case.

        Raises:
            InputError: there is no such column.
        """
        if name not in self.columns:
            raise InputError(f"there is no score '{name}'; the columns are {', '.join(self.columns)}")
        return {case: row[name] for case, row in self.values.items()}

    def write(self, path: Path) -> None:
        """Write scores.csv, rows sorted by case; whole or not at all."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*_TEXT_COLUMNS, *self.columns])
        for case in sorted(self.values):
            row = (_decimal(self.values[case][name]) for name in self.columns)
            writer.writerow([case, *split_case(case), self.splits[case], *row])
        write_text(path, text.getvalue())


def read_scores(path: Path) -> Scores:
    """Read one scores.csv; only the column ``case`` must be there, so that a table made by hand will do.

    Raises:
        InputError: the file is missing, has no column ``case``, names a case twice, or holds something
            that is not a number.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a score table ({error})") from error
    if not rows or "case" not in rows[0]:
        raise InputError(f"{path} is no score table: it needs a header with the column 'case' and one row per case")
    scores = Scores([name for name in rows[0] if name is not None and name not in _TEXT_COLUMNS])
    for row in rows:
        case = row["case"]
        if not case:
            raise InputError(f"{path} has a row without a case; every row needs one")
        if None in row:
            raise InputError(f"{path} has more columns for case '{case}' than the header names; quote the commas")
        if case in scores.values:
            raise InputError(f"{path} names case '{case}' twice; keep one row per case")
        scores.add(case, row.get("split") or "", {name: _number(row, name, path) for name in scores.columns})
    return scores


def merge_scores(tables: Sequence[Scores]) -> Scores:
    """Merge the tables of several folds per case: visits add up, other numbers are visit-weighted means.

    A number that one fold lacks comes from the others. Tables without visits weigh the same.
    """
    columns = list(dict.fromkeys(name for table in tables for name in table.columns))
    merged = Scores(columns)
    for case in dict.fromkeys(case for table in tables for case in table.values):
        found = [table for table in tables if case in table.values]
        rows = [table.values[case] for table in found]
        values = {
            name: sum(_visits(row) for row in rows) if name == "visits" else _weighted_mean(rows, name)
            for name in columns
        }
        splits = {table.splits[case] for table in found}
        merged.add(case, splits.pop() if len(splits) == 1 else "both", values)
    return merged


def _weighted_mean(rows: Iterable[Mapping[str, float]], name: str) -> float:
    present = [(_visits(row), row[name]) for row in rows if not math.isnan(row.get(name, math.nan))]
    total = sum(visits for visits, _ in present)
    return sum(visits * value for visits, value in present) / total if total else math.nan


def _visits(row: Mapping[str, float]) -> float:
    visits = row.get("visits", math.nan)
    return 1.0 if math.isnan(visits) else visits


def _number(row: Mapping[str, str | None], name: str, path: Path) -> float:
    text = (row.get(name) or "").strip()
    if not text:
        return math.nan
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"{path}: '{text}' in column '{name}' of case '{row['case']}' is no number") from error


def _decimal(value: float) -> str:
    """Plain decimal, without exponent; empty when missing."""
    if math.isnan(value):
        return ""
    return f"{value:.8f}".rstrip("0").rstrip(".")

"""The score table: one row per case, in the file scores.csv."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..datasets.case_ids import SEPARATOR, case_id, comparable, split_case
from ..errors import InputError
from ..files.atomic import write_text
from ..files.endings import split_ending
from ..files.tables import Table, as_text, numbers, read_table

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
        """One score of every case; ``name`` may differ in upper and lower case if only one column matches.

        Raises:
            InputError: there is no such column.
        """
        alike = [column for column in self.columns if column.lower() == name.lower()]
        if name not in self.columns and len(alike) == 1:
            name = alike[0]
        if name not in self.columns:
            raise InputError(f"there is no score '{name}'; the columns are {', '.join(self.columns)}")
        return {case: row[name] for case, row in self.values.items()}

    def write(self, path: Path) -> None:
        """Write scores.csv; if this fails, there is no partial file."""
        write_text(path, self.as_csv())

    def as_csv(self) -> str:
        """The text of scores.csv, rows sorted by case."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*_TEXT_COLUMNS, *map(as_text, self.columns)])
        for case in sorted(self.values):
            row = (_decimal(self.values[case][name]) for name in self.columns)
            writer.writerow([*map(as_text, (case, *split_case(case), self.splits[case])), *row])
        return text.getvalue()


def read_scores(path: Path, say: Callable[[str], object] = str) -> Scores:
    """Read one scores.csv, or a table made by hand or in a spreadsheet (:mod:`~nnunet_deepstaple.files.tables`).

    Only the column ``case`` is needed, or instead of it the columns ``image`` and ``candidate``.

    Args:
        path: the file.
        say: gets a sentence for each guess.

    Raises:
        InputError: the file cannot be read as a table, names no cases or the same case twice, or holds something that
            is not a number.
    """
    table = read_table(path, FIXED_COLUMNS, say)
    if not table.rows:
        raise InputError(f"{path} is not a score table: it has a header and no rows; give it one row per case")
    scores = Scores([name for name in table.columns if name not in _TEXT_COLUMNS])
    numeric = numbers(table, scores.columns, say)
    for row, case, values in zip(table.rows, _cases(table, say), numeric, strict=True):
        if case in scores.values:
            raise InputError(f"{path} names case '{case}' twice; keep one row per case")
        scores.add(case, row.cells.get("split", ""), values)
    return scores


def _cases(table: Table, say: Callable[[str], object]) -> list[str]:
    """Case of each row."""
    if "case" in table.columns:
        cases = [row.cells["case"] for row in table.rows]
    elif {"image", "candidate"} <= set(table.columns):
        say(f"{table.path} has no column 'case'; its cases are <image>__<candidate>")
        cases = [
            case_id(row.cells["image"], row.cells["candidate"]) if row.cells["image"] and row.cells["candidate"] else ""
            for row in table.rows
        ]
    else:
        raise InputError(
            f"{table.path} is not a score table: it needs a column 'case' (or 'image' and 'candidate') in its header, "
            f"which names {', '.join(table.columns)}"
        )
    for row, case in zip(table.rows, cases, strict=True):
        if not case:
            raise InputError(f"{table.path} has a row without a case in line {row.line}; every row needs one")
    if split_ending(cases[0]) is None:
        return cases
    endings = {parts[1] if (parts := split_ending(case)) else "" for case in cases}
    if len(endings) > 1 or endings == {""}:
        return cases
    ending = endings.pop()
    say(f"{table.path}: '{ending}' is not a part of its cases' names")
    return [case.removesuffix(ending) for case in cases]


def require_any(path: Path, scores: Scores, cases: Sequence[str]) -> None:
    """Make sure that a table scores at least one of some cases.

    Raises:
        InputError: it scores none.
    """
    scored = {comparable(case): case for case in scores.values}
    if not scored.keys().isdisjoint(map(comparable, cases)):
        return
    lost = next((one for case in cases if (one := lost_zeros(case, scored)) is not None), None)
    if lost is not None:
        told = f"its '{scored[lost]}' has lost zeros in a spreadsheet; format that column as text there"
    else:
        told = f"it names '{next(iter(scores.values))}'; name each case <image>{SEPARATOR}<candidate>"
    raise InputError(
        f"{path} scores none of the candidates, such as '{cases[0]}'; {told}, or give their scores with -s"
    )


def lost_zeros(case: str, cases: Iterable[str]) -> str | None:
    """What a spreadsheet may have made of ``case``, because it turns ``001`` into 1; None if no such case is there."""
    shorter = case.lstrip("0")
    return next((one for one in cases if one != case and one.lstrip("0") == shorter), None)


def merge_scores(tables: Sequence[Scores]) -> Scores:
    """Merge the tables of several folds per case: visits are summed, other numbers are means weighted by visits.

    A number that one fold lacks comes from the others. Tables without visits have equal weights. A single table
    stays as it is.
    """
    if len(tables) == 1:
        return tables[0]
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


def _decimal(value: float) -> str:
    """Plain decimal, without exponent; empty when missing."""
    if math.isnan(value):
        return ""
    return f"{value:.8f}".rstrip("0").rstrip(".")

"""Tables as CSV for machines and as Markdown for people."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnunet_deepstaple.files.atomic import write_text

Value = str | int | float
Row = Mapping[str, Value]


def write_tables(rows: Sequence[Row], path: Path, digits: int = 4) -> None:
    """Write ``<path>.csv`` and ``<path>.md``; the columns are those of all rows, in the order they appear."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([shown(row.get(name, ""), digits) for name in columns] for row in rows)
    write_text(path.with_suffix(".csv"), text.getvalue())
    write_text(path.with_suffix(".md"), markdown(rows, digits))
    print(f"written     {path.with_suffix('.csv')}, {path.with_suffix('.md').name}")


def markdown(rows: Sequence[Row], digits: int = 3) -> str:
    """A Markdown table."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, ["---"] * len(columns)]
    lines += [[shown(row.get(name, ""), digits) for name in columns] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def shown(value: Value, digits: int) -> str:
    """A number with so many digits; a missing one is empty."""
    if not isinstance(value, float):
        return str(value)
    return "" if math.isnan(value) else f"{value:.{digits}f}"

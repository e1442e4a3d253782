"""Tables of text with a header, as this package, Excel, LibreOffice and R write them.

What has one meaning is taken, and ``say`` is told where it had to be guessed; anything else is refused with its reason.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from .links import pointer
from .unreadable import unreadable

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_WORKBOOKS = {b"PK\x03\x04": "a workbook", b"\xd0\xcf\x11\xe0": "an old workbook of Excel"}

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
_MISSING = {"", "na", "nan", "n/a", "#n/a", "null"}

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""How a cell begins that a spreadsheet would run, and one whose apostrophe was there before."""

_FORMULA_OF_TEXT = re.compile(r'="([^"]*)"')
"""How people keep a spreadsheet from taking the zeros of an id."""

_INVISIBLE = "\u200b\ufeff"
"""What copying from a web page or a second byte-order mark leaves around a cell."""

_LARGEST = 1e30
"""Beyond it, a number in a table is a slip."""


@dataclass(frozen=True)
class Row:
    """A row: its line in the file, and the text of each column, without spaces around it."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A table as it was read.

    Attributes:
        path: the file.
        columns: names of the columns; known ones as they are known, others as they are written.
        rows: the rows that hold anything.
    """

    path: Path
    columns: list[str]
    rows: list[Row]


def as_text(cell: str) -> str:
    """A cell of text as it is written into a table: no spreadsheet takes it for a formula.

    ``=`` and the like get an apostrophe before them, which :func:`read_table` takes away.
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _plain(cell: str) -> str:
    """A cell as it was before :func:`as_text`, on one line."""
    cell = cell.strip()
    if not cell.isprintable():
        cell = " ".join(cell.splitlines()).strip(_INVISIBLE)
    if (text := _FORMULA_OF_TEXT.fullmatch(cell)) is not None:
        return text[1]
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _plain_cells(cells: list[str]) -> list[str]:
    """Each cell by :func:`_plain`; most lines have nothing that it would change."""
    whole = "".join(cells)
    if whole.isprintable() and not any(sign in whole for sign in (" ", "'", '="')):
        return cells
    return [_plain(cell) for cell in cells]


def read_table(path: Path, known: Sequence[str], say: Callable[[str], object] = str) -> Table:
    """Read a table.

    Args:
        path: the file.
        known: columns that it may have, recognised in any mixture of capitals; they also tell what lies between the
            columns.
        say: told of what had to be guessed.

    Raises:
        InputError: it cannot be read as text, has no known column, names a column twice, or has cells that belong to
            no column.
    """
    text, encoding = _text(path)
    delimiter, begin = _delimiter(text, known)
    lines = _lines(text, delimiter, begin, path)
    if not lines:
        raise InputError(f"{path} holds no table, only empty rows; write or copy it again")
    (_, header), *rest = lines
    columns = _columns(header, known, path)
    if delimiter != "," and rest and all(len(cells) == len(columns) + 1 and cells[-1] for _, cells in rest):
        columns.insert(0, "")  # R names its rows, and gives the names no header
    rows = _rows(columns, rest, path, say)
    if encoding != "UTF-8" or delimiter != ",":
        say(f"{path} is read as {encoding} with {_DELIMITERS.get(delimiter, repr(delimiter))} between its columns")
    return Table(path, [name for name in columns if name], rows)


def numbers(table: Table, columns: Sequence[str], say: Callable[[str], object] = str) -> list[dict[str, float]]:
    """The numbers of some columns, row by row; NaN where a cell is empty or says that a number is missing.

    Commas are decimal signs where all the table's numbers can be read so and one of them can only be read so.

    Args:
        table: the table.
        columns: names of the columns.
        say: told where commas are decimal signs.

    Raises:
        InputError: a cell is no number, or could be two.
    """
    with_comma = [(row, name) for row in table.rows for name in columns if "," in row.cells[name]]
    if with_comma:
        row, name = with_comma[0]
        text, where = row.cells[name], f"in column '{name}' in line {row.line}"
        if any("." in row.cells[name] for row in table.rows for name in columns):
            raise InputError(
                f"{table.path}: '{text}' {where} has a comma and other numbers have a point; write all with a decimal "
                f"point and no sign between thousands"
            )
        if all(_THOUSANDS.fullmatch(row.cells[name]) for row, name in with_comma):
            raise InputError(
                f"{table.path}: '{text}' {where} may be thousands or a decimal comma; write it with a point"
            )
        say(f"{table.path}: commas in its numbers are read as decimal signs, such as '{text}'")
    return [{name: _number(table, row, name) for name in columns} for row in table.rows]


def _number(table: Table, row: Row, name: str) -> float:
    text = row.cells[name]
    if _is_plain_number(text):
        return float(text)
    plain = text.replace(",", ".").replace("\N{MINUS SIGN}", "-")
    if text.lower() in _MISSING:
        return float("nan")
    where = f"'{text}' in column '{name}' in line {row.line}"
    if not _NUMBER.fullmatch(plain):
        remedy = (
            "is an error of the spreadsheet; correct it there"
            if text.startswith("#")
            else "is no number; write one, as 0.5"
        )
        if text.endswith("%") and _NUMBER.fullmatch(plain[:-1].strip()):
            remedy = "is a percentage; write it as a part of 1"
        raise InputError(f"{table.path}: {where} {remedy}")
    value = float(plain)
    if not -_LARGEST <= value <= _LARGEST and "inf" not in plain.lower():
        raise InputError(f"{table.path}: {where} is out of all measure; correct it")
    return value


def _is_plain_number(text: str) -> bool:
    """Whether a cell is a number as most are, which is quickly told."""
    try:
        return -_LARGEST <= float(text) <= _LARGEST and text.isascii() and "_" not in text
    except ValueError:
        return False


def _text(path: Path) -> tuple[str, str]:
    """Text of a file and its encoding."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    if not content.strip():
        raise InputError(f"{path} is empty; write or copy it again")
    for start, what in _WORKBOOKS.items():
        if content.startswith(start):
            raise InputError(f"{path} is {what} and not text; save the sheet as CSV UTF-8")
    if (not_fetched := pointer(content)) is not None:
        raise InputError(f"{path} cannot be read ({not_fetched})")
    encoding = _BYTE_ORDER_MARKS.get(content[:2], "utf-8-sig")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} cannot be read as text in {'UTF-16' if encoding == 'utf-16' else 'UTF-8'} (byte {error.start}); "
            f"save it as CSV UTF-8"
        ) from error
    if "\0" in text:
        raise InputError(f"{path} cannot be read as text (it holds zero bytes); save it as CSV UTF-8")
    return text, "UTF-16" if encoding == "utf-16" else "UTF-8"


def _delimiter(text: str, known: Sequence[str]) -> tuple[str, int]:
    """What lies between the columns, and the first line of the table: Excel may name it in a line of its own.

    Elsewhere it is what finds most known columns in the header.
    """
    lines = (line for line in text.splitlines() if line.strip())
    first = next(lines, "")
    named = re.fullmatch(r"\"?sep=(.)\"?", first.strip(" \r\n"), re.IGNORECASE)
    if named:
        return named[1], 1
    names = {name.lower() for name in known}
    found = {
        delimiter: len(names & {cell.strip().strip('"').strip().lower() for cell in first.split(delimiter)})
        for delimiter in _DELIMITERS
    }
    return max(found, key=lambda delimiter: found[delimiter]), 0


def _lines(text: str, delimiter: str, begin: int, path: Path) -> list[tuple[int, list[str]]]:
    """Cells of each line that holds any, and its number."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=delimiter != "\t")
    try:
        lines = [(reader.line_num, _plain_cells(cells)) for cells in reader]
    except csv.Error as error:
        said = " ".join(str(error).split())
        raise InputError(
            f"{path} cannot be read as a table (line {reader.line_num}: {said}); save it as CSV UTF-8"
        ) from error
    filled = [(number, cells) for number, cells in lines if any(cells)]
    return filled[begin:]


def _columns(header: Sequence[str], known: Sequence[str], path: Path) -> list[str]:
    spelling = {name.lower(): name for name in known}
    columns = [spelling.get(name.lower(), name) for name in header]
    if not set(columns) & set(known):
        raise InputError(
            f"{path} has no header with a column '{known[0]}': its first line is '{', '.join(header)[:80]}'; name the "
            f"columns there"
        )
    twice = [name for name, count in Counter(columns).items() if name and count > 1]
    if twice:
        raise InputError(f"{path} has the column '{twice[0]}' twice; keep one of them")
    return columns


def _rows(
    columns: Sequence[str], lines: Sequence[tuple[int, list[str]]], path: Path, say: Callable[[str], object]
) -> list[Row]:
    unnamed = [index for index, name in enumerate(columns) if not name]
    passed_over = False
    rows = []
    for line, cells in lines:
        if any(cells[len(columns) :]):
            raise InputError(
                f"{path} has {len(cells)} cells in line {line}, more than the {len(columns)} columns of its header; "
                f"put cells with commas in quotes, or save it with semicolons"
            )
        filled = cells[: len(columns)] + [""] * (len(columns) - len(cells))
        row = dict(zip(columns, filled, strict=True))
        if unnamed:
            del row[""]
        rows.append(Row(line, row))
        if any(filled[index] for index in unnamed[1:]):
            raise InputError(f"{path} has cells in line {line} below no name; name the columns in its first line")
        passed_over |= any(filled[index] for index in unnamed)
    if passed_over:
        say(f"{path}: its column without a name is passed over")
    return rows

"""Tables of the pages: a cell too many is not shown, and a row after an empty line is no table."""

import re

import pytest

from .pages import DOCS

PAGES = [DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]

CODE = re.compile(r"`[^`]*`")


def cells(row: str) -> int:
    """Number of cells of a table's row; a bar in code or behind a backslash is text."""
    return CODE.sub("", row.strip()).replace(r"\|", "").count("|") - 1


def tables(text: str) -> list[list[str]]:
    """Rows of each table of a page."""
    outside = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [block.splitlines() for block in re.findall(r"(?:^\|.*\n?)+", outside, flags=re.MULTILINE)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS.parent).as_posix())
def test_each_row_has_the_cells_of_its_header(page):
    for table in tables(page.read_text(encoding="utf-8")):
        assert len(table) > 2, table
        assert re.fullmatch(r"[|:\- ]+", table[1]), table[0]
        assert [row for row in table if cells(row) != cells(table[0])] == []


def test_a_cell_too_many_is_found():
    (table,) = tables("text\n\n| a | b |\n|---|---|\n| `x \\| y` | 2 | 3 |\n")
    assert [cells(row) for row in table] == [2, 2, 3]

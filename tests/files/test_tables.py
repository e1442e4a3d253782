"""Tables as spreadsheets and R write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.tables import as_text, numbers, read_table

from ..fuzz import damaged, fuzz, read_or_one_line

PLAIN = "case,dice\na__x,0.25\nb__x,0.5\n"
KNOWN = ("case", "image", "candidate")


def read(path, content, say=str):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    table = read_table(path, KNOWN, say)
    names = [name for name in table.columns if name not in KNOWN]
    return [
        (row.cells["case"], *found.values()) for row, found in zip(table.rows, numbers(table, names, say), strict=True)
    ]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace("case,dice", "Case , dice"),
        PLAIN.replace(",", ", "),
        PLAIN.replace("a__x", '"a__x"'),
        PLAIN.replace("0.25", '"0,25"').replace("0.5", '"0,5"'),
        PLAIN + ",\n\n,,,\n",
        "sep=,\n" + PLAIN,
        "sep=;\n" + PLAIN.replace(",", ";").replace(".", ","),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", ";").replace(".", ","),
        PLAIN.replace(",", "\t").replace(".", ",").encode("utf-16"),
        '"case" "dice"\n"1" "a__x" 0.25\n"2" "b__x" 0.5\n',
        ",case,dice\n0,a__x,0.25\n1,b__x,0.5\n",
        PLAIN.replace("a__x", '="a__x"'),
        PLAIN.replace("a__x", '"=""a__x"""'),
        "\ufeff" + "\ufeffcase\u200b" + PLAIN.removeprefix("case"),
    ],
)
def test_one_meaning(tmp_path, content):
    assert read(tmp_path / "t.csv", content) == [("a__x", 0.25), ("b__x", 0.5)]


def test_a_minus_sign_of_a_word_processor(tmp_path):
    assert read(tmp_path / "t.csv", "case,dice\na__x,\N{MINUS SIGN}0.25\n") == [("a__x", -0.25)]


def test_guesses_are_told_and_a_plain_table_has_none(tmp_path):
    told = []
    read(tmp_path / "t.csv", PLAIN, told.append)
    assert told == []
    read(tmp_path / "t.csv", PLAIN.replace(",", ";").replace(".", ",").encode("utf-16"), told.append)
    assert ["UTF-16 with semicolons" in told[0], "such as '0,25'" in told[1], len(told)] == [True, True, 2]
    read(tmp_path / "t.csv", ",case,dice\n0,a__x,0.25\n", told.append)
    assert "column without a name" in told[-1]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+x", "-x", "@x", "'=x", "''-x", "'x", "x=", "a'"])
def test_no_cell_is_a_formula_and_each_comes_back(tmp_path, name):
    written = as_text(name)
    assert not written.startswith(("=", "+", "-", "@"))
    assert read(tmp_path / "t.csv", f"case,dice\n{written},1\n") == [(name, 1)]


@pytest.mark.parametrize("missing", ["", "NA", "#N/A", "NaN"])
def test_a_missing_number(tmp_path, missing):
    [(_, value)] = read(tmp_path / "t.csv", f"case,dice\na__x,{missing}\n")
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 and so on", "is a workbook and not text; save the sheet as CSV UTF-8"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (PLAIN.replace("a__x", "ä__x").encode("latin-1"), r"UTF-8 \(byte 10\)"),
        (PLAIN.encode() + b"\0", "zero bytes"),
        ("a__x,0.25\n", "its first line is 'a__x, 0.25'"),
        ("case,dice,dice\na__x,1,2\n", "column 'dice' twice"),
        ("case,dice\na__x,0,25\n", "3 cells in line 2, more than the 2 columns"),
        ("case;dice\na__x;1,000\n", "'1,000' in column 'dice' in line 2 may be thousands"),
        ("case;dice;cost\na__x;0,25;0.5\n", "has a comma and other numbers have a point"),
        ("case,dice\na__x,90%\n", "is a percentage"),
        ("case,dice\na__x,#DIV/0!\n", "is an error of the spreadsheet"),
        ("case,dice\na__x,1e300\n", "out of all measure"),
        ("case,dice\na__x,1_0\n", "is no number"),
        ("case,dice\na__x,٠٫٥\n", "is no number"),
        ("case,,\na__x,1,2\n", "below no name"),
    ],
)
def test_refused_with_the_true_reason(tmp_path, content, reason):
    with pytest.raises(InputError, match=reason) as caught:
        read(tmp_path / "t.csv", content)
    assert str(tmp_path / "t.csv") in str(caught.value)
    assert "\n" not in str(caught.value)


cells = st.text(st.sampled_from(list('ab01.,;\t"\n\r-%= é')), max_size=6)
broken = st.lists(cells, max_size=12).map(lambda some: ("case,dice\n" + ",".join(some)).encode())


@fuzz
@given(content=st.binary(max_size=200) | broken | damaged(PLAIN.encode("utf-16")))
def test_any_bytes_are_a_table_or_one_line(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    read_or_one_line(lambda path: numbers(table := read_table(path, KNOWN), table.columns[1:]), path)

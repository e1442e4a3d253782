"""fusion.json is a contract: what is written is read again, what is a stranger's is one line, and the page is true."""

import json
import pickle
import re
from pathlib import Path

import pytest
from msgspec import convert
from msgspec.structs import fields, replace

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.typed_json import to_json
from nnunet_deepstaple.fusion.record.run_record import FILE, FORMAT, ImageRecord, RunRecord, read_record
from nnunet_deepstaple.preprocess.record import PreprocessedImage, PreprocessRecord
from nnunet_deepstaple.scoring.scoring_record import LogRecord, ScoringRecord

from .examples import HEADER, image

PAGE = Path(__file__).parents[3] / "docs/reference/files.md"


def test_what_is_written_is_read(tmp_path):
    record = replace(HEADER, images={"a": image(3)}, score="agreement", temperature=6.0)
    (tmp_path / FILE).write_text(json.dumps(to_json(record)))
    assert read_record(tmp_path / FILE) == record


def test_what_is_as_ever_is_left_out():
    assert "score" not in to_json(HEADER)
    assert to_json(HEADER)["format"] == FORMAT


def test_what_is_as_ever_is_left_out_after_a_process_and_a_file():
    record = image(3)
    there_and_back = pickle.loads(pickle.dumps(record))
    read = convert({**to_json(record), "decision": "".join(("arg", "max"))}, ImageRecord)
    assert to_json(there_and_back) == to_json(read) == to_json(record)
    assert "decision" not in to_json(record)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": FORMAT + 1}, "has format 2, and this version reads 1 and those before; update"),
        ({"rule": None}, r"is not as this package writes it \(.*rule.*\); fuse again"),
        ({"images": []}, r"images.*fuse again"),
        ({"images": {"a": {"candidates": ["x"], "weights": "many"}}}, r"weights.*fuse again"),
    ],
)
def test_what_does_not_fit_is_one_line(tmp_path, change, words):
    (tmp_path / FILE).write_text(json.dumps({**to_json(HEADER), **change}))
    with pytest.raises(InputError, match=words):
        read_record(tmp_path / FILE)


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "{}", '{"format": "x"}', "[" * 100_000])
def test_a_strangers_file_is_one_line(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    with pytest.raises(InputError, match=r"fusion.json (is not|cannot be read as JSON)"):
        read_record(tmp_path / FILE)


def documented(heading: str) -> set[str]:
    """Fields in the first table after a heading of the page."""
    text = PAGE.read_text(encoding="utf-8").partition(heading)[2]
    table = re.search(r"\n\|.*?\n\n", text, re.DOTALL)
    assert table, heading
    rows = [row.split("|")[1] for row in table.group().strip().splitlines()[2:]]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Of the run as a whole:", RunRecord),
        ("Of each image:", ImageRecord),
        ("Of the folder as a whole:", PreprocessRecord),
        ("Of each preprocessed image:", PreprocessedImage),
        ("Of the table:", ScoringRecord),
        ("Of each log:", LogRecord),
    ],
)
def test_the_page_lists_exactly_the_fields_that_exist(heading, kind):
    assert documented(heading) == {field.name for field in fields(kind)}

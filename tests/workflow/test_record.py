import json

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.workflow.contents import Content
from nnunet_deepstaple.workflow.record import FINISHED, Record, read_record, write_record


def test_what_is_written_is_read(tmp_path):
    record = Record(["ds_fuse", "-i", "x"], FINISHED, {"/x": Content(3, 5, "abc")}, ended=1.5, seconds=2.0)
    write_record(tmp_path, "fuse", record)
    assert read_record(tmp_path, "fuse") == record
    assert read_record(tmp_path, "train") is None


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', '{"format": 1, "command": 3, "state": "begun"}'])
def test_a_file_that_is_no_record_is_one_line(tmp_path, text):
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps/fuse.json").write_text(text)
    with pytest.raises(InputError, match=r"fuse.json "):
        read_record(tmp_path, "fuse")


def test_a_later_format_is_refused(tmp_path):
    write_record(tmp_path, "fuse", Record([], FINISHED))
    file = tmp_path / "steps/fuse.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 2}))
    with pytest.raises(InputError, match="has format 2, and this version reads 1"):
        read_record(tmp_path, "fuse")

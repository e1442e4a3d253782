import os

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.fingerprint import Fingerprint


def test_a_file_is_told_from_one_in_its_place(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"one")
    found = Fingerprint.of(path)
    assert found.is_of(path)
    os.utime(path, ns=(0, 0))
    assert found.is_of(path)  # copied or touched, and the same
    path.write_bytes(b"two")
    assert not found.is_of(path)
    path.write_bytes(b"more")
    assert not found.is_of(path)
    assert Fingerprint.from_json(found.as_json) == found


def test_a_file_that_is_gone_and_a_record_that_is_none(tmp_path):
    with pytest.raises(InputError, match="a is missing; put it back, or correct its name"):
        Fingerprint.of(tmp_path / "a")
    for value in (None, [1, 2], [1, "2", "x"], {"size": 1}):
        with pytest.raises(ValueError, match="a fingerprint is"):
            Fingerprint.from_json(value)

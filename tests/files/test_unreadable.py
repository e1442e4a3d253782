import errno
import os

import pytest

from nnunet_deepstaple.files.unreadable import unreadable


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, "a.csv is missing; put it back, or correct its name"),
        (errno.EACCES, "a.csv may not be read by you; change its permissions"),
        (errno.EISDIR, "a.csv is a folder; give a file"),
        (errno.EIO, f"a.csv cannot be read ({os.strerror(errno.EIO)}); copy it again"),
    ],
)
def test_what_the_system_said_and_what_to_do(tmp_path, number, said):
    assert str(unreadable(tmp_path / "a.csv", OSError(number, os.strerror(number)))) == str(tmp_path / said)

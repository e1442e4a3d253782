"""A file that was not fetched is never taken for one that does not exist."""

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.endings import has_spacing
from nnunet_deepstaple.files.links import is_there, pointer


def test_a_file_a_link_to_one_and_none(tmp_path):
    (tmp_path / "a").touch()
    (tmp_path / "b").symlink_to("a")
    assert is_there(tmp_path / "a")
    assert is_there(tmp_path / "b")
    assert not is_there(tmp_path / "c")
    assert not is_there(tmp_path)


@pytest.mark.parametrize("target", ["nowhere", "link"])
def test_a_link_that_leads_nowhere(tmp_path, target):
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(InputError, match=f"link is a link to {target}, which is not there; fetch it"):
        is_there(tmp_path / "link")


def test_the_spacing_of_a_tif_that_was_not_fetched(tmp_path):
    (tmp_path / "a.json").symlink_to("nowhere")
    with pytest.raises(InputError, match=r"a\.json is a link to nowhere"):
        has_spacing(tmp_path / "a.tif")


def test_pointers():
    assert "git lfs pull" in pointer(b"version https://git-lfs.github.com/spec/v1\n")
    assert "git annex get" in pointer(b"/annex/objects/MD5E-s1--0.json\n")
    assert pointer(b"{}") is None

import pytest

from nnunet_deepstaple.files.names import is_plain


@pytest.mark.parametrize("name", ["image0__r0", "ä %5F", "..a", ".hidden", "a.b"])
def test_names_of_files(name):
    assert is_plain(name)


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "a\\b", "/etc", "a\0", "a\n", "\ud800", None, 3, ["a"]])
def test_what_would_lie_elsewhere_or_nowhere(name):
    assert not is_plain(name)

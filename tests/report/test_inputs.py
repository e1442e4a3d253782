from hypothesis import given
from hypothesis import strategies as st

from nnunet_deepstaple.report.inputs import page_names


def test_plain_names_stay():
    assert page_names(["hippocampus_004", "BraTS.1-2"]) == {
        "hippocampus_004": "hippocampus_004",
        "BraTS.1-2": "BraTS.1-2",
    }


@given(st.lists(st.text(min_size=1), unique=True, min_size=1, max_size=8))
def test_any_names_become_safe_file_names_of_their_own(images):
    pages = page_names(images)
    assert len({page.casefold() for page in pages.values()}) == len(images)
    for page in pages.values():
        assert page.isascii()
        assert not set(page) & set('/\\<>:"|?*&% #')
        assert not page.startswith(".")
        assert len(page) < 100


def test_names_that_differ_only_in_case_do_not_meet():
    assert len({page.casefold() for page in page_names(["a", "A"]).values()}) == 2


def test_a_name_that_is_the_page_of_another():
    [other] = page_names(["a b"]).values()
    pages = page_names(["a b", other])
    assert pages[other] == other
    assert pages["a b"] not in ("", other)

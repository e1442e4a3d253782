"""An image and a candidate are read back from their case, whatever they are called, and nnU-Net sees the case."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnunet_deepstaple.datasets.case_ids import MAX_BYTES, case_id, check_length, comparable, image_id, split_case
from nnunet_deepstaple.errors import InputError

PIECES = st.sampled_from(
    ["_", "__", "seg", "_seg", "%", "5F", "%5F", "%73eg", "%25", "$", "$HOME", "a", "ü", "2d", " "]
)
NAMES = st.one_of(
    st.lists(PIECES, min_size=1, max_size=6).map("".join),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=12),
)


@settings(max_examples=500, deadline=None)
@given(image=NAMES, candidate=NAMES)
def test_both_are_read_back(image, candidate):
    case = case_id(image, candidate)
    assert split_case(case) == (image, candidate)
    assert not case.endswith("_seg")
    assert "$" not in case


@settings(max_examples=500, deadline=None)
@given(one=st.tuples(NAMES, NAMES), other=st.tuples(NAMES, NAMES))
def test_different_pairs_are_different_cases(one, other):
    assert (case_id(*one) == case_id(*other)) == (one == other)


@settings(max_examples=500, deadline=None)
@given(image=NAMES, candidate=NAMES)
def test_an_id_made_otherwise_is_compared_by_its_pair(image, candidate):
    """Ids of datasets made before ids were escaped are split at their last two underscores, as they were then."""
    case = f"{image}__{candidate}"
    try:
        pair = split_case(case)
    except InputError:
        return
    assert comparable(case) == comparable(case_id(*pair))
    if "%" not in case:
        image, _, candidate = case.rpartition("__")
        assert pair == (image, candidate)


@settings(max_examples=100, deadline=None)
@given(pairs=st.sets(st.tuples(NAMES, NAMES), min_size=1, max_size=5))
def test_nnunet_lists_every_case(tmp_path_factory, pairs):
    from nnunetv2.training.dataloading.nnunet_dataset import nnUNetDatasetBlosc2

    folder = tmp_path_factory.mktemp("preprocessed")
    cases = {case_id(*pair) for pair in pairs} | {image_id(image) for image, _ in pairs}
    cases = {case for case in cases if case not in (".", "..") and not case.startswith("-")}
    for case in cases:
        for ending in (".b2nd", "_seg.b2nd", ".pkl"):
            (folder / f"{case}{ending}").touch()
    assert sorted(nnUNetDatasetBlosc2.get_identifiers(str(folder))) == sorted(cases)


@pytest.mark.parametrize(
    ("image", "candidate", "case"),
    [
        ("p0", "rater1", "p0__rater1"),
        ("p0__b_", "rater1", "p0__b___rater1"),
        ("p0", "nnUNetTrainer__nnUNetPlans__2d", "p0__nnUNetTrainer_%5FnnUNetPlans_%5F2d"),
        ("p0", "_a", "p0__%5Fa"),
        ("p0", "rater_seg", "p0__rater_%73eg"),
        ("p0", "seg", "p0__%73eg"),
        ("p0_seg", "50% dose", "p0_seg__50% dose"),
        ("$HOME", "a", "%24HOME__a"),
    ],
)
def test_most_names_stay_as_they_are(image, candidate, case):
    assert case_id(image, candidate) == case


def test_spellings_that_look_the_same_are_compared_as_one():
    one, other = (unicodedata.normalize(form, "Müller__räter") for form in ("NFC", "NFD"))
    assert one != other
    assert comparable(one) == comparable(other)
    assert comparable("p0__rater_seg") == comparable("p0__rater_%73eg")


def test_ids_that_file_systems_have_no_room_for_are_refused():
    check_length("x" * MAX_BYTES)
    with pytest.raises(InputError, match="shorten the names"):
        check_length("ü" * (MAX_BYTES // 2 + 1))


def test_an_empty_name_is_refused():
    with pytest.raises(InputError, match="give each a name"):
        case_id("a", "")

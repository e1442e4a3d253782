import json

import numpy as np
import pytest

from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.doubts import ask, lone_numbers, never_marked
from nnunet_deepstaple.datasets.sources.gather import gather
from nnunet_deepstaple.errors import InputError

from ..label_map_files import label_values, save

BOTH, ONE = label_values((1, 2)), label_values((1,))


@pytest.fixture
def asked(tmp_path):
    """Write label maps ``{candidate: values}`` of four images, and ask about them."""

    def write(labels=None, images=4, **candidates):
        for name, values in candidates.items():
            for number in range(images):
                save(tmp_path / name / f"image{number}.nii.gz", values)
            if labels:
                content = {"labels": {"background": 0, **labels[name]}}
                (tmp_path / name / "dataset.json").write_text(json.dumps(content))
        found, _ = find_candidates([tmp_path / name for name in candidates])
        sources = gather(found, None, None) if labels else None

        def put(**options):
            heard = []
            ask(found, sources, heard.append, **options)
            return heard

        return put

    return write


def test_what_a_source_never_has_is_asked_about(asked):
    put = asked(a=BOTH, b=ONE)
    with pytest.raises(
        InputError, match=r"'b' never has the label 2, which others .* or --all_annotate; or go on with"
    ):
        put()
    assert put(all_annotate=True) == put(said=True) == []
    assert [sentence.endswith("Say so in -sources") for sentence in put(allow_doubtful=True)] == [True]


def test_what_a_source_does_not_annotate_is_not_asked_about(asked):
    assert asked({"a": {"liver": 1, "spleen": 2}, "b": {"liver": 1}}, a=BOTH, b=ONE)() == []


def test_too_few_images_tell_nothing(asked):
    assert asked(images=2, a=BOTH, b=ONE)() == []


def test_an_empty_source_is_not_asked_about():
    assert never_marked({str(image): {"a": {0, 1}, "b": {0}} for image in range(4)}) == []


def test_a_label_that_others_have_sometimes_is_not_asked_about():
    values = {str(image): {"a": {0, 1, 2} if image else {0, 1}, "b": {0, 1}} for image in range(4)}
    assert never_marked(values) == []


def test_a_lone_large_number_is_asked_about(asked):
    unsure = np.where(np.arange(BOTH.shape[0])[:, None, None] % 2, BOTH, 255).astype(np.uint8)
    put = asked(a=BOTH, b=unsure)
    with pytest.raises(InputError, match=r"the number 255 stands alone behind 0, 1, 2, as in 'b' of image 'image0'"):
        put()
    assert put(named=[0, 1, 2, 255], all_annotate=True) == []


@pytest.mark.parametrize("numbers", [{0, 255}, {0, 1, 2, 3}, {0, *range(1, 120), 130}, set(range(0, 100, 7))])
def test_numbers_that_are_no_lone_ones(numbers):
    assert lone_numbers({"image": {"a": numbers}}, []) == []


def test_exchanged_numbers_are_found_by_their_meaning(asked):
    exchanged = np.array([0, 2, 1], np.uint8)[BOTH]
    with pytest.raises(InputError, match="'a' and 'b' seem to number the labels 1 and 2 the other way round"):
        asked(a=BOTH, b=exchanged)()
    named = {"a": {"liver": 1, "spleen": 2}, "b": {"liver": 2, "spleen": 1}}
    assert asked(named, a=BOTH, b=exchanged)() == []


def test_sources_that_annotate_nothing_in_common_need_not_overlap(tmp_path):
    """'spleen' lies where the others are in two of four images only; it is stray only among those who look for it."""
    for number in range(4):
        for name, label, moved in (("a", 1, 0), ("b", 1, 0), ("spleen", 2, 0 if number < 2 else -4)):
            labels = np.roll(label_values((label,)), moved, axis=1)
            save(tmp_path / "in" / name / f"image{number}.nii.gz", labels)
    found, _ = find_candidates([tmp_path / "in"])
    said = tmp_path / "sources.json"
    said.write_text(json.dumps({"a": {"labels": {"l": 1}}, "b": {"labels": {"l": 1}}, "spleen": {"labels": {"s": 2}}}))
    heard, of_alike = [], []
    ask(found, gather(found, said, None), heard.append, said=True)
    ask(found, None, of_alike.append, allow_doubtful=True)
    assert heard == []
    assert any("'spleen' overlaps with no other candidate in 2 of 4 images" in one for one in of_alike)

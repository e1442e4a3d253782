import json

import numpy as np
import pytest

from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.structures.files import read_candidate
from nnunet_deepstaple.datasets.structures.overlaps import overlaps_of
from nnunet_deepstaple.datasets.structures.planning import plan_structures
from nnunet_deepstaple.errors import InputError

from ...label_map_files import SIZE, SPACING, save


def box(start, stop, value=1):
    values = np.zeros(SIZE, np.uint8)
    values[2:6, 3:8, start:stop] = value
    return values


CANAL, CORD, LIVER = box(1, 5, 255), box(2, 4), box(6, 10)


@pytest.fixture
def planned(tmp_path):
    """Write files of structures, ``{candidate: {structure: values}}``, and plan them."""

    def plan(files, labels=None, layout="structures"):
        for candidate, structures in files.items():
            for name, values in structures.items():
                inner = (candidate, "scan") if layout == "structures" else ("scan", candidate)
                save(tmp_path.joinpath("in", *inner, f"{name}.nii.gz"), values)
        path = None
        if labels:
            path = tmp_path / "labels.json"
            path.write_text(json.dumps(labels))
        heard = []
        found, _ = find_candidates([tmp_path / "in"], layout, heard.append)
        overlaps = {one.case: overlaps_of(one) for one in found["scan"]}
        candidates, sources = plan_structures(found, overlaps, path, heard.append)
        return candidates["scan"], sources, heard

    return plan


def test_structures_become_one_label_map_and_nested_ones_regions(planned):
    (one, other), sources, heard = planned({"a": {"canal": CANAL, "cord": CORD, "liver": LIVER}, "b": {"liver": LIVER}})
    assert sources.vocabulary.label_names.labels == {"background": 0, "canal": [1, 2], "cord": [2], "liver": [3]}
    labels, geometry = read_candidate(one)
    np.testing.assert_array_equal(labels, np.select([CORD > 0, CANAL > 0, LIVER > 0], [2, 1, 3]))
    assert geometry.spacing == pytest.approx(SPACING)
    assert sources.meaning(one) == {0: {0}, 1: {1}, 2: {2}, 3: {3}}
    assert sources.meaning(other) == {0: {0, 1, 2}, 1: {0, 1, 2}, 2: {0, 1, 2}, 3: {3}}
    assert any("'cord' lies in 'canal'" in sentence for sentence in heard)


def test_an_empty_file_is_annotated_and_empty(planned):
    (one,), sources, _ = planned({"a": {"liver": LIVER, "spleen": 0 * LIVER}})
    assert sources.of(one).annotates == {"liver", "spleen"}
    assert sources.meaning(one)[0] == {0}


def test_folders_may_be_the_other_way_round(planned):
    found, _, _ = planned({"a": {"liver": LIVER}, "b": {"liver": LIVER}}, layout="structures_by_image")
    assert [one.case for one in found] == ["scan__a", "scan__b"]


def test_numbers_and_order_are_those_of_the_labels(planned):
    over = box(4, 8)
    (one,), sources, heard = planned({"a": {"liver": LIVER, "x": over}}, {"x": 2, "liver": 1})
    assert sources.vocabulary.plain == {"x": 2, "liver": 1}
    np.testing.assert_array_equal(read_candidate(one)[0], np.select([LIVER > 0, over > 0], [1, 2]))
    assert any("overlap" in sentence and "the later in" in sentence for sentence in heard)


def test_structures_that_overlap_are_refused_with_their_volume(planned):
    with pytest.raises(InputError, match=r"'liver' and 'x' overlap.*40 voxels, 0.12 ml, 50.0% of the smaller"):
        planned({"a": {"liver": LIVER, "x": box(4, 8)}})


def test_a_sliver_goes_to_the_smaller_structure(planned):
    big, small = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    big[:7, :, :5] = 1
    small[:7, :, 5:8] = 1
    small[3, 4, 4] = 1
    (one,), _, heard = planned({"a": {"big": big, "small": small}})
    assert read_candidate(one)[0][3, 4, 4] == 2
    assert any("1 voxels" in sentence and "the smaller has these voxels" in sentence for sentence in heard)


def test_structures_on_two_grids_are_refused(planned, tmp_path):
    save(tmp_path / "in" / "a" / "scan" / "a_spleen.nii.gz", LIVER, spacing=(1.0, 1.0, 1.0))
    with pytest.raises(InputError, match="give all structures of a candidate one grid"):
        planned({"a": {"liver": LIVER}})


def test_a_file_of_several_labels_is_refused(planned):
    with pytest.raises(InputError, match="holds the labels 1 and 2"):
        planned({"a": {"liver": LIVER + 2 * CORD}})


def test_a_structure_that_the_labels_lack_is_refused(planned):
    with pytest.raises(InputError, match="does not name 'liver'"):
        planned({"a": {"liver": LIVER}}, {"spleen": 1})


def test_sentences_have_one_order(planned):
    """A set of names is in another order in each run."""
    _, _, heard = planned({"a": {name: box(1 + place, 11 - place) for place, name in enumerate("vwxyz")}})
    assert len(heard) == 10
    assert heard == sorted(heard)

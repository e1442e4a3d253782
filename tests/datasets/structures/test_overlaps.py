"""What the files of structures hold tells what the label map holds that they make."""

import json

import numpy as np
import pytest

from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.label_sets import is_graded, values_of
from nnunet_deepstaple.datasets.structures.files import read_candidate
from nnunet_deepstaple.datasets.structures.overlaps import looks_of, overlaps_of
from nnunet_deepstaple.datasets.structures.planning import plan_structures
from nnunet_deepstaple.files.fingerprint import file_state
from nnunet_deepstaple.files.foreground import Foreground

from ...label_map_files import SIZE, save


@pytest.fixture
def looked_at(tmp_path):
    """Candidate ``a`` of image ``p`` from ``{structure: mask}``, painted in this order, and what is known of it."""

    def look(structures):
        for name, mask in structures.items():
            save(tmp_path / "in" / "a" / "p" / f"{name}.nii.gz", mask.astype(np.float32) * (1 + 1e-5))
        (tmp_path / "labels.json").write_text(json.dumps({name: n for n, name in enumerate(structures, start=1)}))
        listed, _ = find_candidates([tmp_path / "in"], "structures")
        found = {one.case: overlaps_of(one) for one in listed["p"]}
        candidates, _ = plan_structures(listed, found, tmp_path / "labels.json", str)
        return candidates["p"][0], looks_of(candidates, found)

    return look


@pytest.mark.parametrize("seed", range(5))
def test_the_answer_is_that_of_the_label_map(looked_at, seed):
    random = np.random.default_rng(seed)
    few = {f"s{place}": random.random(SIZE) < random.choice([0, 1e-3, 0.3]) for place in (3, 1, 2, 5, 4)}
    covered = few["s3"] & few["s1"]
    candidate, looks = looked_at({"s0": covered, **few})
    look = looks["p"].label_maps["a"]
    notes: list[str] = []
    labels, geometry = read_candidate(candidate, say=notes.append)
    assert look.values == values_of(labels) | {0} == looks["p"].labels["a"]
    assert look.graded is is_graded(Foreground.of(labels).labels, len(look.values)) is False
    assert look.notes == notes
    assert look.geometry == geometry
    assert look.states == {one.path: file_state(one.path) for one in candidate.structures}


def test_labels_that_may_change_from_voxel_to_voxel_are_left_to_who_reads_them(looked_at):
    """Twenty structures in stripes of one voxel."""
    place = np.broadcast_to(np.arange(SIZE[2]) + SIZE[2] * np.arange(SIZE[1])[:, np.newaxis], SIZE)
    _, looks = looked_at({f"s{number:02}": place % 20 == number for number in range(20)})
    assert looks == {}

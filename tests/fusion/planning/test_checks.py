"""Candidates that were looked at already are not read again, and the answer is the same."""

import os
from dataclasses import replace

import numpy as np
import pytest

from nnunet_deepstaple.datasets.candidate_looks import look_at_candidates
from nnunet_deepstaple.datasets.candidates import Candidate, find_candidates
from nnunet_deepstaple.datasets.unlike import SourceRequest, sources_of
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.buffer import Buffer
from nnunet_deepstaple.fusion.planning.checks import check_image
from nnunet_deepstaple.fusion.planning.task import ImageTask
from nnunet_deepstaple.progress import no_progress

from ...label_map_files import image_values, label_values, save
from ..examples import equal_weights


@pytest.fixture
def task(tmp_path):
    """Three candidates of an image, one of them with noise, another with graded values, and a prediction."""
    save(tmp_path / "c" / "p__a.nii.gz", label_values((1, 2)))
    save(tmp_path / "c" / "p__b.nii.gz", label_values((2,), dtype=np.float32) * (1 + 1e-5))
    save(tmp_path / "c" / "p__c.nii.gz", image_values().astype(np.uint8))
    prediction = Candidate("p", "network", save(tmp_path / "predictions" / "p.nii.gz", label_values((3,))))
    found = find_candidates([tmp_path / "c"])[0]["p"]
    return ImageTask(found, equal_weights(4), [prediction]).as_it_is()


def looked_at(task):
    return {"p": look_at_candidates(task.candidates, None, Buffer())}


def emptied(task):
    """Make each file as long and as old as it was, but no image."""
    for path in (part.path for one in task.candidates for part in (one, *one.structures)):
        state = path.stat()
        path.write_bytes(bytes(state.st_size))
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.mark.parametrize("meanings", [False, True])
def test_the_answer_is_the_same(task, meanings):
    if meanings:
        task = replace(task, meanings=[{value: frozenset({value % 3}) for value in range(256)}] * 3)
    found, known = check_image({}, task), check_image(looked_at(task), task)
    assert known == found
    assert found.graded == [False, False, True, False]
    assert found.labels[0] == {0, 1, 2}
    assert len(found.notes) == 1


def test_what_was_looked_at_is_not_read_again(task):
    looks = looked_at(task)
    emptied(task)
    assert len(check_image(looks, task).labels) == 4


def test_files_of_structures_are_not_read_again(tmp_path):
    for name, label in (("a", 1), ("b", 2)):
        save(tmp_path / name / "p" / "liver.nii.gz", label_values((label,)))
        save(tmp_path / name / "p" / "lung.nii.gz", 0 * label_values())
    listed, layout = find_candidates([tmp_path / "a", tmp_path / "b"], "structures")
    candidates, sources, looks = sources_of(listed, layout, SourceRequest(), str, no_progress)
    task = ImageTask(candidates["p"], equal_weights(2), meanings=[sources.meaning(one) for one in candidates["p"]])
    found = check_image({}, task.as_it_is())
    assert found.labels == [{0, 1}, {0, 1}]
    emptied(task)
    assert check_image(looks, task.as_it_is()) == found


def test_what_changed_since_is_read_again(task):
    looks = looked_at(task)
    task.candidates[1].path.write_bytes(b"no image")
    with pytest.raises(InputError, match="p__b"):
        check_image(looks, task.as_it_is())


def test_a_prediction_on_another_grid_is_refused(task):
    looks = looked_at(task)
    save(task.predictions[0].path, label_values((3,)), spacing=(2, 2, 2))
    with pytest.raises(InputError, match=r"predictions.p.nii.gz has spacing .* in .*p__a.nii.gz"):
        check_image(looks, task.as_it_is())


def test_candidates_on_several_grids_are_read_again_for_the_remedy(task):
    save(task.candidates[2].path, label_values((1,)), spacing=(2, 2, 2))
    task = task.as_it_is()
    with pytest.raises(InputError, match=r"p__c.nii.gz has spacing"):
        check_image(looked_at(task), task)

"""Counting voxel by voxel gives what patterns give, for any label maps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nnunet_deepstaple.datasets.candidates import Candidate
from nnunet_deepstaple.files.label_maps import read_label_map
from nnunet_deepstaple.fusion.decision.label_maps import PatternLabels
from nnunet_deepstaple.fusion.decision.voxelwise import majority_of_voxels
from nnunet_deepstaple.fusion.fuse_image import fuse_image
from nnunet_deepstaple.fusion.planning.task import ImageTask, Method
from nnunet_deepstaple.fusion.rules.weighted import majority
from nnunet_deepstaple.fusion.votes.collect import TooManyPatternsError, collect_votes

from ...label_map_files import save

LABEL_MAPS = st.tuples(st.sampled_from([2, 4, 9]), st.sampled_from([np.uint8, np.uint16])).flatmap(
    lambda kind: arrays.arrays(kind[1], (kind[0], 2, 3, 4), elements=st.sampled_from([0, 0, 1, 2, 3, 255]))
)


def by_patterns(label_maps, ignored):
    votes = collect_votes(label_maps, ignored)
    fused = PatternLabels.of(votes, majority(votes))
    return votes, fused


@settings(deadline=None)
@given(label_maps=LABEL_MAPS, ignored=st.sampled_from([None, 3, 7]), below=st.sampled_from([0.3, 0.5, 0.75]))
def test_labels_shares_and_abstentions_are_those_of_the_patterns(label_maps, ignored, below):
    votes, patterns = by_patterns(label_maps, ignored)
    voxels = majority_of_voxels(label_maps, ignored)
    assert np.array_equal(voxels.label_map(), patterns.label_map())
    assert voxels.voxels == patterns.voxels
    assert np.allclose(voxels.certainty(), patterns.certainty(), atol=1e-6)
    assert voxels.shown == [votes.shown_by(place) for place in range(len(label_maps))]
    assert np.array_equal(voxels.ignore_below(below, 300).label_map(), patterns.ignore_below(below, 300).label_map())
    assert np.array_equal(
        voxels.where_nobody_votes(300).label_map(), patterns.where_nobody_votes(~votes.heard, 300).label_map()
    )


def rough(count, size=(16, 18, 20), n_labels=40):
    return np.random.default_rng(0).integers(0, n_labels, (count, *size), dtype=np.uint8)


def test_patterns_are_given_up_where_they_are_too_many():
    with pytest.raises(TooManyPatternsError):
        collect_votes(rough(9), however_many=False)
    assert len(collect_votes(rough(9)).patterns) > 5000
    collect_votes(rough(9, n_labels=2), however_many=False)


@pytest.mark.parametrize("ignore_label", [None, 39])
def test_an_image_of_too_many_patterns(tmp_path, ignore_label):
    candidates = [Candidate("x", f"c{n}", save(tmp_path / f"x__c{n}.nii.gz", one)) for n, one in enumerate(rough(9))]
    task = ImageTask(candidates, np.full(9, 1 / 9))
    method = Method(majority, tmp_path / "fused", ignore_label=ignore_label, vote_share=True)
    (tmp_path / "fused" / "vote_share").mkdir(parents=True)
    record = fuse_image(method, task)
    assert record.patterns is None
    assert record.effective_candidates == 9
    expected = by_patterns(rough(9), ignore_label)[1].label_map()
    assert np.array_equal(read_label_map(tmp_path / "fused" / "x.nii.gz")[0], expected)
    assert (tmp_path / "fused" / "vote_share" / "x.nii.gz").is_file()

import numpy as np
import pytest

from nnunet_deepstaple.fusion.rules.weighted import spectral
from nnunet_deepstaple.fusion.votes import collect as module
from nnunet_deepstaple.fusion.votes.collect import collect_votes


def rough(kinds, n_labels=60, size=(9, 10, 11)) -> list[np.ndarray]:
    """Candidates that differ in most foreground voxels, with background around."""
    rng = np.random.default_rng(0)
    truth = np.repeat(rng.integers(0, n_labels, (1, *size)), len(kinds), axis=0)
    wrong = rng.random(truth.shape) < 0.4
    labels = np.where(wrong, rng.integers(0, n_labels, truth.shape), truth)
    return [np.pad(one.astype(kind), 2) for one, kind in zip(labels, kinds, strict=True)]


@pytest.fixture
def few_patterns(monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", 64)


@pytest.mark.usefixtures("few_patterns")
@pytest.mark.parametrize("kinds", [[np.uint8] * 7, [np.uint8, np.uint16, np.uint8, np.uint16, np.uint8]])
def test_each_voxel_has_its_votes(kinds):
    label_maps = rough(kinds)
    votes = collect_votes(label_maps)
    assert votes.counts.sum() == label_maps[0].size
    assert np.array_equal(np.bincount(votes.codes.ravel(), minlength=len(votes.counts))[1:], votes.counts[1:])
    assert (votes.counts[1:] > 0).all()
    for place, labels in enumerate(label_maps):
        assert np.array_equal(votes.paint(votes.labels[votes.patterns[:, place]]), labels)


@pytest.mark.usefixtures("few_patterns")
def test_labels_above_255_survive_later_label_maps_without_any():
    label_maps = rough([np.uint16, np.uint16, np.uint16, np.uint16])
    label_maps[1][label_maps[1] == 7] = 700
    label_maps[3] = label_maps[3].astype(np.uint8)
    votes = collect_votes(label_maps)
    assert np.array_equal(votes.paint(votes.labels[votes.patterns[:, 1]]), label_maps[1])


def test_equal_patterns_change_nothing(monkeypatch):
    label_maps = rough([np.uint8] * 8, n_labels=3)
    merged = collect_votes(label_maps)
    monkeypatch.setattr(module, "_CHUNK", 64)
    single = collect_votes(label_maps)
    assert len(single.patterns) > len(merged.patterns)
    one, other = spectral(merged), spectral(single)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-12)
    assert np.array_equal(merged.paint(one.labels), single.paint(other.labels))

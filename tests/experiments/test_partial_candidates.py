from collections import Counter

from scripts.experiments.partial_candidates import draw


def test_all_labels_are_kept_alike():
    sources = [f"source{number}" for number in range(12)]
    kept = draw(sources, [1, 2, 3, 4], 2, seed=0)
    assert sorted(kept) == sorted(sources)
    assert Counter(label for labels in kept.values() for label in labels) == {1: 6, 2: 6, 3: 6, 4: 6}
    assert kept != draw(sources, [1, 2, 3, 4], 2, seed=1)

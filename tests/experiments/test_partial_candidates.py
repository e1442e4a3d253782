from collections import Counter

from scripts.experiments.partial_candidates import draw, draw_by_chance


def test_all_labels_are_kept_alike():
    sources = [f"source{number}" for number in range(12)]
    kept = draw(sources, [1, 2, 3, 4], 2, seed=0)
    assert sorted(kept) == sorted(sources)
    assert Counter(label for labels in kept.values() for label in labels) == {1: 6, 2: 6, 3: 6, 4: 6}
    assert kept != draw(sources, [1, 2, 3, 4], 2, seed=1)


def test_by_chance_a_label_may_have_few_sources():
    kept = draw_by_chance([f"source{number}" for number in range(12)], [1, 2], 1, seed=0)
    assert set(kept.values()) == {(1,), (2,)}
    assert kept != draw_by_chance(list(kept), [1, 2], 1, seed=1)

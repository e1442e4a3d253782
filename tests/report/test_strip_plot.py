import pytest

from nnunet_deepstaple.report.ranking import rank
from nnunet_deepstaple.report.strip_plot import plot_strips

from .examples import candidate, image_numbers


def plot(*scores):
    return plot_strips(rank([image_numbers("a", [candidate(f"c{k}", score) for k, score in enumerate(scores)])]))


def test_higher_scores_lie_higher():
    strip = plot(0.2, 0.9)
    low, high = strip.columns[0].dots
    assert high.y < low.y
    assert [tick.text for tick in strip.ticks] == ["0.00", "0.25", "0.50", "0.75", "1.00"]


@pytest.mark.parametrize("scores", [(-3.0, 2.0), (5.0, 5.0), (0.0, 1200.0)])
def test_any_scale_fits(scores):
    strip = plot(*scores)
    assert all(0 <= dot.y <= strip.height for dot in strip.columns[0].dots)


def test_only_the_most_frequent_sources_have_a_colour():
    strip = plot(*[0.5] * 9)
    assert len(strip.legend) == 7
    assert strip.others == 2
    assert [dot.colour for dot in strip.columns[0].dots][-2:] == ["", ""]


def test_without_scores_there_is_no_plot():
    assert plot(None).columns == []

"""The page of ds_rank in a real browser."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from nnunet_deepstaple.report.ranking_page import ranking_page

from ..label_map_files import SIZE, label_values, save
from ..ranking.rankings import ranking

expect.set_options(timeout=120_000)
NOISE = {"best": 0.02, "good": 0.06, "poor": 0.2, "worst": 0.35}
"""Share of voxels that each source draws at random."""


@pytest.fixture(scope="module")
def ranked(tmp_path_factory) -> Path:
    """The page on four sources, three images, and two structures."""
    folder, random = tmp_path_factory.mktemp("ranked"), np.random.default_rng(0)
    for image in range(3):
        for name, share in NOISE.items():
            labels = label_values()
            wrong = random.random(SIZE) < share
            labels[wrong] = random.integers(0, 3, int(wrong.sum()))
            save(folder / "sources" / name / f"image{image}.nii.gz", labels)
    code = "from nnunet_deepstaple.commands.rank import main; main()"
    words = ["-i", *sorted((folder / "sources").iterdir()), "-o", folder / "ranking", "-np", 1]
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / "ranking/ranking.html"


@pytest.mark.parametrize(
    ("truths", "words"),
    [
        (0, "Nobody has drawn the true labels, so it is estimated"),
        (2, "For images without true labels it is estimated"),
        (5, "Each number has a range that should hold its mean over other images like these"),
    ],
)
def test_the_page_says_how_many_images_have_true_labels(truths, words):
    text = " ".join(ranking_page(ranking((1, 1), (2, 2), truths=truths)).split())
    assert words in text
    assert ("The dot is the estimated Dice" in text) == (truths < 5)


def test_the_first_line_names_the_best_and_says_how_far_to_trust_it(page, ranked):
    page.goto(ranked.as_uri())
    expect(page.locator("h1")).to_have_text("Which source to trust")
    lead = page.locator("p.lead").first
    expect(lead).to_contain_text("best")
    expect(lead).to_contain_text("overlaps with the true labels by about")


def test_dots_lie_within_their_lines_the_best_above(page, ranked):
    page.goto(ranked.as_uri())
    plots = page.locator("svg.intervals")
    expect(plots).to_have_count(3)  # the mean and two structures
    found = plots.first.evaluate(
        "svg => [...svg.querySelectorAll('g')].map(g => ({x: +g.querySelector('circle').getAttribute('cx'), "
        "low: +g.querySelector('line').getAttribute('x1'), high: +g.querySelector('line').getAttribute('x2')}))"
    )
    assert len(found) == 4
    assert all(one["low"] <= one["x"] <= one["high"] for one in found)
    assert found[0]["x"] == max(one["x"] for one in found)


def test_outlines_are_drawn_and_nothing_overflows_a_narrow_window(page, ranked):
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(ranked.as_uri())
    drawn = page.locator(".slices path.own")
    assert drawn.count() >= 4
    assert all(len(path.get_attribute("d")) > 10 for path in drawn.all()[:4])
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

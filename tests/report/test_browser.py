"""The pages of ds_report in a real browser."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from playwright.sync_api import expect

from scripts.evidence.logs import run_folder

from ..label_map_files import image_values, label_values, save
from ..machine import EVIDENCE, HIPPOCAMPUS, NO_EVIDENCE, NO_HIPPOCAMPUS
from .examples import write_large_index

expect.set_options(timeout=120_000)
ODD = ("<img src=x onerror=alert(1)>", 'a&b "c"')


def command(name: str, *words: object) -> str:
    code = f"from nnunet_deepstaple.commands.{name} import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def hippocampus(tmp_path_factory) -> SimpleNamespace:
    """Report of a real run: the log and predictions of a training on the hippocampus data, six of its images."""
    if not HIPPOCAMPUS.is_dir():
        pytest.skip(NO_HIPPOCAMPUS)
    if not EVIDENCE.is_dir():
        pytest.skip(NO_EVIDENCE)
    run = run_folder("given_seed0")
    folder = tmp_path_factory.mktemp("hippocampus")
    candidates, fused, report = (folder / name for name in ("candidates", "fused", "report"))
    candidates.mkdir()
    images = sorted({path.name.partition("__")[0] for path in (HIPPOCAMPUS / "candidates").glob("*__*")})[:6]
    for image in images:
        for path in (HIPPOCAMPUS / "candidates").glob(f"{image}__*"):
            (candidates / path.name).symlink_to(path)
    scores = folder / "scores.csv"
    command("score", "-i", run, "-o", scores, "-last_part", "0.8")
    given = ("-i", candidates, "-s", scores, "-predictions", run / "predictions")
    command("fuse", *given, "-o", fused)
    command("report", "-i", candidates, "-f", fused, "-images", HIPPOCAMPUS / "images", "-o", report)
    return SimpleNamespace(folder=folder, given=given, report=report, images=images)


def download(page, path: Path) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        page.click("button.download")
    assert waiting.value.suggested_filename == "ratings.csv"
    waiting.value.save_as(path)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_from_the_index_to_a_new_fusion(page, hippocampus, tmp_path):
    page.goto((hippocampus.report / "index.html").as_uri())
    rows = page.locator("#table tbody tr")
    assert rows.count() == len(hippocampus.images)

    # sort
    page.click("#table thead >> text=Image")
    assert page.locator("#table tbody th").all_inner_texts() == sorted(hippocampus.images)
    page.click("#table thead >> text=Image")
    assert page.locator("#table tbody th").all_inner_texts() == sorted(hippocampus.images, reverse=True)
    page.click("#table thead >> text=Need")
    page.click("#table thead >> text=Need")
    needs = [float(text) for text in page.locator("#table tbody td:nth-child(3)").all_inner_texts()]
    assert needs == sorted(needs, reverse=True)

    # filter
    page.fill("#filter", hippocampus.images[3])
    assert page.locator("#table tbody tr:visible").count() == 1
    page.fill("#filter", "")

    # a dot leads to its image
    first = page.locator("#table tbody th").first.inner_text()
    page.locator(".strip a").first.locator("circle").first.click()
    page.wait_for_url("**/images/*.html")
    expect(page.locator("h1")).to_have_text(first)
    expect(page.locator("#rank")).to_have_text(f"1 of {len(hippocampus.images)} to look at")

    # the slider shows another slice in every view of its plane
    before = page.locator('svg[data-plane="axial"]').evaluate_all("all => all.map(one => one.getAttribute('viewBox'))")
    slider = page.locator('input[data-plane="axial"]').first
    slider.focus()
    page.keyboard.press("ArrowRight")
    after = page.locator('svg[data-plane="axial"]').evaluate_all("all => all.map(one => one.viewBox.baseVal.y)")
    assert len(set(after)) == 1
    assert after[0] > float(before[0].split()[1])
    places = json.loads(slider.get_attribute("data-slices"))
    shown = page.locator("figure:has(input[data-plane=axial]) .slice").all_inner_texts()
    assert set(shown) == {str(places[int(slider.input_value())])}

    # judge two candidates and the consensus, go on by a link, judge another, come back
    marked = page.locator("td select[data-candidate]")
    names = [marked.nth(place).get_attribute("data-candidate") for place in (0, 1)]
    marked.nth(0).select_option("exclude")
    marked.nth(1).select_option("good")
    page.select_option("#consensus-rating", "redo")
    page.click("#next")
    expect(page.locator("#rank")).to_have_text(f"2 of {len(hippocampus.images)} to look at")
    second = page.locator("h1").inner_text()
    assert second != first
    page.select_option("#consensus-rating", "accept")
    page.click("nav >> text=Images")
    expect(page.locator(".marks-count")).to_have_text("4 judged")
    judged = page.locator("#table tr", has=page.get_by_text(first, exact=True)).locator("td.judged").inner_text()
    assert judged == "redo, 1 excluded, 1 graded"

    # one file holds it all, and ds_fuse heeds it
    ratings = tmp_path / "ratings.csv"
    rows = download(page, ratings)
    assert {(row["image"], row["candidate"], row["rating"]) for row in rows} == {
        (first, names[0], "exclude"),
        (first, names[1], "good"),
        (first, "", "redo"),
        (second, "", "accept"),
    }
    output = command("fuse", *hippocampus.given, "-ratings", ratings, "-o", tmp_path / "again")
    assert f"1 candidate excluded by a person, such as '{first}__{names[0]}'" in output
    entry = json.loads((tmp_path / "again/fusion.json").read_text(encoding="utf-8"))["images"][first]
    assert names[0] not in entry["candidates"]
    assert entry["ratings"] == {"candidates": {names[0]: "exclude", names[1]: "good"}, "consensus": "redo"}


def test_the_prediction_flickers_without_a_script(page, hippocampus):
    page.context.new_cdp_session(page).send("Emulation.setScriptExecutionDisabled", {"value": True})
    page.goto((hippocampus.report / "images" / f"{hippocampus.images[0]}.html").as_uri())
    assert not page.locator(".slider").first.is_visible(), "what needs a script is not shown without"
    figure = page.locator("figure.flicker").first
    second = figure.locator(".second")
    assert float(second.evaluate("one => getComputedStyle(one).opacity")) == 0
    figure.hover()
    assert "flicker" in second.evaluate("one => getComputedStyle(one).animationName")


def test_judgements_travel_with_the_links_where_nothing_is_stored(page, hippocampus):
    """As in browsers that keep nothing for files, or keep it for each file."""
    page.add_init_script("Storage.prototype.getItem = () => null")
    page.goto((hippocampus.report / "images" / f"{hippocampus.images[0]}.html").as_uri())
    page.select_option("#consensus-rating", "accept")
    page.click("nav >> text=Images")
    expect(page.locator(".marks-count")).to_have_text("1 judged")
    assert "marks" not in page.url


def test_names_from_files_stay_text(page, tmp_path):
    for image in ODD:
        for place, name in enumerate((*ODD, "plain")):
            save(tmp_path / "c" / image / f"{name}.nii.gz", np.roll(label_values(), place, axis=0))
    for place, image in enumerate(ODD):
        save(tmp_path / "images" / f"{image}_0000.nii.gz", image_values(place))
    where = ("-i", tmp_path / "c", "-layout", "by_image", "-images", tmp_path / "images")
    command("report", *where, "-o", tmp_path / "report", "-np", 1)
    page.goto((tmp_path / "report/index.html").as_uri())
    assert set(page.locator("#table tbody th").all_inner_texts()) == set(ODD)
    for image in ODD:
        page.goto((tmp_path / "report/index.html").as_uri())
        page.get_by_role("link", name=image, exact=True).first.click()
        expect(page.locator("h1")).to_have_text(image)
        expect(page.locator("#rank")).to_contain_text("of 2 to look at")
        page.locator("td select[data-candidate]").first.select_option("exclude")
    assert page.locator("img").count() == 0
    page.click("nav >> text=Sources")
    expect(page.locator("h1")).to_contain_text("sources")
    expect(page.locator(".marks-count")).to_have_text("2 judged")
    assert {*ODD, "plain"} == set(page.locator("tbody th").all_inner_texts())
    rows = download(page, tmp_path / "ratings.csv")
    assert {row["image"] for row in rows} == set(ODD)
    fused = command("fuse", *where[:4], "-ratings", tmp_path / "ratings.csv", "-o", tmp_path / "fused", "-np", 1)
    assert "2 candidates excluded" in fused


def test_a_thousand_images_open_at_once(page, tmp_path):
    index = write_large_index(tmp_path / "report", 1000, 10)
    assert index.stat().st_size < 3e6
    watch = page.context.new_cdp_session(page)
    watch.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(index.as_uri(), wait_until="load")
    expect(page.locator("#table tbody tr")).to_have_count(1000)
    seconds = {one["name"]: one["value"] for one in watch.send("Performance.getMetrics")["metrics"]}["TaskDuration"]
    assert seconds < 2, "of processor time, which does not depend on what else the machine does"

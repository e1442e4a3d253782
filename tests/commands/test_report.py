"""ds_report as its users run it, up to the pages; tests/report/test_browser.py opens them."""

import csv
import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from skimage.io import imsave

from ..label_map_files import SIZE, SPACING, image_values, label_values, save
from .fuse_runs import assert_refused, contents, read, write_candidates, write_scores

NAMES = ("<img src=x onerror=alert(1)>", 'a&b "c"', "ü %41#?", "{{ 7*7 }}")
NP = ("-np", 1)


def write_images(folder: Path, count=2, size=SIZE) -> Path:
    for image in range(count):
        save(folder / f"image{image}_0000.nii.gz", image_values(image, size))
    return folder


def scored(folder: Path, images=2, count=5) -> Path:
    cases = {f"image{i}__c{k}": 0.9 - 0.1 * k for i in range(images) for k in range(count)}
    return write_scores(folder / "scores.csv", cases)


def text_of(page: Path) -> str:
    """What a reader sees of a page, without its pictures."""
    return re.sub(
        r"\s+",
        " ",
        unescape(re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", page.read_text(encoding="utf-8"), flags=re.S)),
    )


# What it makes


def test_after_a_fusion_with_scores(fuse, report, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    scores = scored(tmp_path)
    assert fuse("-i", candidates, "-s", scores, "-o", tmp_path / "fused", *NP)[0] == 0
    where = ("-i", candidates, "-f", tmp_path / "fused", "-images", write_images(tmp_path / "images"))
    status, output, errors = report(*where, "-o", tmp_path / "report", *NP)
    assert (status, errors) == (0, "")
    assert "looked at   2 images" in output
    assert sorted(contents(tmp_path / "report")) == [
        *("assets/report.css", "assets/report.js", "assets/shared.js"),
        *("images/image0.html", "images/image1.html", "index.html"),
        *("numbers/image0.json", "numbers/image1.json", "review.csv", "sources.html"),
    ]
    numbers = json.loads((tmp_path / "report/numbers/image0.json").read_text(encoding="utf-8").split("\n", 1)[1])
    entry = json.loads((tmp_path / "fused/fusion.json").read_text(encoding="utf-8"))["images"]["image0"]
    assert [one["score"] for one in numbers["candidates"]] == pytest.approx([0.9, 0.8, 0.7, 0.6, 0.5])
    assert [one["weight"] for one in numbers["candidates"]] == pytest.approx(entry["weights"])
    assert numbers["effective"] == pytest.approx(entry["effective_candidates"])
    assert numbers["volumes"] == pytest.approx(entry["volume"])
    fused, first = read(tmp_path / "fused/image0.nii.gz"), read(candidates / "image0__c0.nii.gz")
    dice = [2 * ((fused == v) & (first == v)).sum() / ((fused == v).sum() + (first == v).sum()) for v in (1, 2)]
    assert numbers["candidates"][0]["dice"] == pytest.approx(np.mean(dice))
    assert "image0" in text_of(tmp_path / "report/index.html")


def test_scores_are_taken_as_ds_fuse_takes_them(fuse, report, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    for path in candidates.glob("*__c1.nii.gz"):
        path.rename(path.with_name(path.name.replace("__c1", "__$c1")))
    rows = ["Image;Candidate;Agreement"]
    rows += [f"image{i};{name};0,{9 - k}" for i in range(2) for k, name in enumerate(["c0", "$c1", "c2", "c3", "c4"])]
    scores = tmp_path / "scores.csv"
    scores.write_text("\n".join(rows))
    assert fuse("-i", candidates, "-s", scores, "-o", tmp_path / "fused", *NP)[0] == 0
    status, output, errors = report("-i", candidates, "-f", tmp_path / "fused", "-o", tmp_path / "report", *NP)
    assert (status, errors) == (0, "")
    assert "decimal signs, such as '0,9'" in output
    assert "no score" not in output
    numbers = json.loads(_second_line(tmp_path / "report/numbers/image0.json"))
    assert {one["name"]: one["score"] for one in numbers["candidates"]}["$c1"] == 0.8


def test_without_a_fused_folder_it_fuses_as_ds_fuse_does(fuse, report, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    scored(candidates)
    fuse("-i", candidates, "-o", tmp_path / "fused", *NP)
    assert report("-i", candidates, "-o", tmp_path / "alone", *NP)[0] == 0
    assert report("-i", candidates, "-f", tmp_path / "fused", "-o", tmp_path / "with", *NP)[0] == 0
    alone, fused = (
        json.loads((tmp_path / folder / "numbers/image1.json").read_text(encoding="utf-8").split("\n", 1)[1])
        for folder in ("alone", "with")
    )
    for one, other in zip(alone.pop("candidates"), fused.pop("candidates"), strict=True):
        assert {**one, "volumes": None} == pytest.approx({**other, "volumes": None})
        assert one["volumes"] == other["volumes"]
    assert alone.pop("expected_error") == pytest.approx(fused.pop("expected_error"))
    assert alone.pop("effective") == pytest.approx(fused.pop("effective"))
    assert alone == fused


@pytest.mark.parametrize(
    ("rule", "title"), [("staple", "STAPLE's"), ("simple", "SIMPLE's Dice"), ("majority", "Score")]
)
def test_without_scores_the_rules_own_estimates_stand_in(fuse, report, tmp_path, rule, title):
    candidates = write_candidates(tmp_path / "c")
    fuse("-i", candidates, "-o", tmp_path / "fused", "-rule", rule, *NP)
    status, output, _ = report("-i", candidates, "-f", tmp_path / "fused", "-o", tmp_path / "report", *NP)
    assert status == 0
    assert "2 of 2 images are not found; -images names their folder; their pages show outlines only" in output
    assert title in text_of(tmp_path / "report/index.html")
    scores = [one["score"] for one in json.loads(_second_line(tmp_path / "report/numbers/image0.json"))["candidates"]]
    assert all((score is None) == (rule == "majority") for score in scores)


def _second_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").split("\n", 1)[1]


def test_2d_pictures(report, tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    for name in ("a", "b", "c"):
        labels = np.zeros((40, 60), np.uint8)
        labels[5:30, 10 + rng.integers(5) : 50] = 1
        (tmp_path / name).mkdir()
        imsave(tmp_path / name / "cell.png", labels, check_contrast=False)
    imsave(tmp_path / "images/cell_0000.png", rng.integers(0, 255, (40, 60, 3), np.uint8), check_contrast=False)
    folders = [tmp_path / name for name in ("a", "b", "c")]
    status, _, errors = report("-i", *folders, "-images", tmp_path / "images", "-o", tmp_path / "report", *NP)
    assert status == 0, errors
    page = (tmp_path / "report/images/cell.html").read_text(encoding="utf-8")
    assert 'data-plane="image"' in page
    assert "image-grey" in page


def test_names_from_files_stay_text(report, tmp_path):
    candidates = tmp_path / "c"
    for image in NAMES[:2]:
        for name in (*NAMES, "plain"):
            if "/" not in image + name:
                save(candidates / image / f"{name}.nii.gz", np.roll(label_values(), len(name) % 3, axis=0))
    assert report("-i", candidates, "-layout", "by_image", "-o", tmp_path / "report", *NP)[0] == 0
    for page in (tmp_path / "report").rglob("*.html"):
        content = page.read_text(encoding="utf-8")
        assert "<img" not in content
        assert "{{ 7*7 }}" in content or page.name == "index.html"
        assert "49" not in text_of(page) or page.name != "sources.html"
        for address in re.findall(r'href="([^"#]+)"', content):
            assert not address.startswith(("http", "//"))
            if not address.startswith("data:"):
                assert (page.parent / address).resolve().is_file(), address


def test_the_worklist_holds_no_formula(report, tmp_path):
    for name in ("a", "b"):
        save(tmp_path / f'c/=HYPERLINK("http:x")__{name}.nii.gz', label_values((1,)))
    assert report("-i", tmp_path / "c", "-o", tmp_path / "report", *NP)[0] == 0
    with (tmp_path / "report/review.csv").open(newline="", encoding="utf-8") as file:
        [row] = csv.DictReader(file)
    assert row["image"] == """'=HYPERLINK("http:x")"""
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


def test_pages_ask_nothing_of_the_internet(report, tmp_path):
    report("-i", write_candidates(tmp_path / "c"), "-o", tmp_path / "report", *NP)
    for path in (tmp_path / "report").rglob("*"):
        if path.suffix in (".html", ".css", ".js"):
            assert not re.search(r"""(src|href|url)\s*[=(]\s*["']?(https?:)?//""", path.read_text(encoding="utf-8"))


def test_true_labels(fuse, report, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    fuse("-i", candidates, "-rule", "majority", "-o", tmp_path / "fused", *NP)
    for image in range(2):
        save(tmp_path / f"gt/image{image}.nii.gz", label_values())
    where = ("-i", candidates, "-f", tmp_path / "fused", "-gt", tmp_path / "gt")
    assert report(*where, "-o", tmp_path / "report", *NP)[0] == 0
    truth = json.loads(_second_line(tmp_path / "report/numbers/image0.json"))["truth"]
    assert {"consensus", "majority", "STAPLE", "SIMPLE", " c0"} <= truth.keys()
    assert truth["consensus"] == truth["majority"]
    fused, true = read(tmp_path / "fused/image0.nii.gz"), label_values()
    for value in (1, 2):
        dice = 2 * ((fused == value) & (true == value)).sum() / ((fused == value).sum() + (true == value).sum())
        assert truth["consensus"]["dice"][str(value)] == pytest.approx(dice)
    assert "majority" in text_of(tmp_path / "report/truth.html")


def test_hausdorff_distances_are_in_millimetres(report, tmp_path):
    true = np.zeros(SIZE, np.uint8)
    true[2:5, 3:7, 3:7] = 1
    for name in "abc":
        save(tmp_path / f"c/x__{name}.nii.gz", np.roll(true, 2, axis=2))
    save(tmp_path / "gt/x.nii.gz", true)
    assert report("-i", tmp_path / "c", "-gt", tmp_path / "gt", "-o", tmp_path / "report", *NP)[0] == 0
    truth = json.loads(_second_line(tmp_path / "report/numbers/x.json"))["truth"]
    assert truth["consensus"]["hd95"]["1"] == pytest.approx(2 * SPACING[0])
    # moved by 2 mm, which is within the tolerance
    assert truth["consensus"]["surface_dice"]["1"] == 1


def test_judgement_comes_back(fuse, report, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("image,candidate,rating\nimage0,c4,exclude\nimage0,c1,good\nimage1,,redo\nimage0,,accept\n")
    corrected = save(tmp_path / "corrected/image0.nii.gz", label_values((2, 1)))
    given = ("-ratings", ratings, "-corrected", tmp_path / "corrected", "-rule", "majority")
    status, output, _ = fuse("-i", candidates, "-o", tmp_path / "fused", *given, *NP)
    assert status == 0
    assert "1 candidate excluded by a person, such as 'image0__c4'" in output
    assert "1 image still to be corrected by a person, such as 'image1'" in output
    assert np.array_equal(read(tmp_path / "fused/image0.nii.gz"), read(corrected))
    record = json.loads((tmp_path / "fused/fusion.json").read_text(encoding="utf-8"))
    assert len(record["ratings"]["sha256"]) == 64
    assert record["images"]["image0"]["candidates"] == ["c0", "c1", "c2", "c3"]
    assert record["images"]["image0"]["corrected"]["file"] == str(corrected)
    assert "corrected" not in record["images"]["image1"]
    assert report("-i", candidates, "-f", tmp_path / "fused", "-o", tmp_path / "report", *NP)[0] == 0
    shared = (tmp_path / "report/assets/shared.js").read_text(encoding="utf-8")
    judged = json.loads(shared.removeprefix("window.report = ").rstrip(";\n"))["judged"]
    assert judged == {"image0": {"c1": "good", "c4": "exclude", "": "accept"}, "image1": {"": "redo"}}
    numbers = json.loads(_second_line(tmp_path / "report/numbers/image0.json"))
    assert [one["rating"] for one in numbers["candidates"]] == ["", "good", "", "", "exclude"]
    assert numbers["candidates"][4]["without"] is None
    rows = list(csv.DictReader((tmp_path / "report/review.csv").open()))
    assert {row["image"]: row["judged"] for row in rows} == {"image0": "accept", "image1": "redo"}
    assert all(Path(row["consensus_file"]).is_file() for row in rows)
    assert [float(row["need"]) for row in rows] == sorted((float(row["need"]) for row in rows), reverse=True)


def test_excluding_changes_the_vote_as_leaving_the_file_out_does(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "c", images=1)
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("image,candidate,rating\nimage0,c0,exclude\nimage0,c1,exclude\n")
    fuse("-i", candidates, "-o", tmp_path / "judged", "-ratings", ratings, "-rule", "majority", *NP)
    for name in ("c0", "c1"):
        (candidates / f"image0__{name}.nii.gz").unlink()
    fuse("-i", candidates, "-o", tmp_path / "less", "-rule", "majority", *NP)
    assert contents(tmp_path / "judged")["image0.nii.gz"] == contents(tmp_path / "less")["image0.nii.gz"]


def test_continuing_does_not_mix_ratings(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("image,candidate,rating\nimage0,c0,exclude\n")
    given = ("-i", candidates, "-o", tmp_path / "fused", "-ratings", ratings, "-rule", "majority", *NP)
    fuse(*given)
    ratings.write_text("image,candidate,rating\nimage0,c1,exclude\n")
    status, _, errors = fuse(*given, "--continue")
    assert status == 2
    assert "was begun with ratings" in errors


# Beginning anew and going on


def test_going_on_keeps_what_has_not_changed(report, tmp_path):
    candidates = write_candidates(tmp_path / "c", images=3)
    given = ("-i", candidates, "-o", tmp_path / "report", *NP)
    report(*given)
    before = contents(tmp_path / "report")
    save(candidates / "image1__c0.nii.gz", label_values((2, 1)))
    status, output, _ = report(*given, "--continue")
    assert status == 0
    assert "looked at   1 image, 2 made before" in output
    after = contents(tmp_path / "report")
    changed = {name for name in before if before[name] != after[name]}
    assert {"images/image1.html", "numbers/image1.json"} <= changed
    assert not {"images/image0.html", "images/image2.html"} & changed
    (candidates / "image2__c0.nii.gz").unlink()
    assert "looked at   1 image, 2 made before" in report(*given, "--continue")[1]
    assert "looked at   3 images" in report(*given)[1]


@pytest.mark.parametrize("damage", ["", "{", '{"stamp": 1}', "[]\n[]"])
def test_numbers_that_were_damaged_are_made_anew(report, tmp_path, damage):
    candidates = write_candidates(tmp_path / "c")
    given = ("-i", candidates, "-o", tmp_path / "report", *NP)
    report(*given)
    (tmp_path / "report/numbers/image0.json").write_text(damage)
    assert "looked at   1 image, 1 made before" in report(*given, "--continue")[1]


def test_images_that_are_gone_leave_no_page(report, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    given = ("-i", candidates, "-o", tmp_path / "report", *NP)
    report(*given)
    for path in candidates.glob("image1__*"):
        path.unlink()
    report(*given, "--continue")
    assert [path.name for path in (tmp_path / "report/images").iterdir()] == ["image0.html"]


# Wrong input


def test_wrong_input_is_refused_in_one_line(fuse, report, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    fuse("-i", candidates, "-o", tmp_path / "fused", "-rule", "majority", *NP)
    output = tmp_path / "report"
    given = ("-i", candidates, "-o", output, *NP)
    refusals = [
        (
            ("-s", write_scores(tmp_path / "other.csv", {"nobody__a": 1.0})),
            ["other.csv", "has no score"],
        ),
        (("-s", write_scores(tmp_path / "dice.csv", {"image0__c0": 1.0}, "dice")), ["no score 'agreement'"]),
        (("-f", tmp_path / "nowhere"), ["nowhere", "holds no fusion.json"]),
        (("-images", tmp_path / "nowhere"), ["nowhere", "is not a folder"]),
        (("-images", write_images(tmp_path / "grid", size=(8, 10, 11))), ["image0_0000.nii.gz", "size (11, 10, 8)"]),
        (("-gt", tmp_path / "nowhere"), ["-gt", "is not a folder"]),
        (("-gt", candidates), ["-gt", "holds none of the images"]),
        (("-np", 0), ["-np 0"]),
    ]
    for options, words in refusals:
        assert_refused(report(*given, *options), output, *words)
    assert not list(tmp_path.glob(".*")), "nothing is left of a report that was refused"


def test_a_fused_folder_that_does_not_belong(fuse, report, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    fuse("-i", candidates, "-o", tmp_path / "fused", "-rule", "majority", *NP)
    given = ("-i", candidates, "-f", tmp_path / "fused", "-o", tmp_path / "report", *NP)
    save(candidates / "image1__new.nii.gz", label_values())
    assert_refused(report(*given), tmp_path / "report", "candidate 'new' of image 'image1'")
    (candidates / "image1__new.nii.gz").unlink()
    save(candidates / "image9__c0.nii.gz", label_values())
    assert_refused(report(*given), tmp_path / "report", "does not know image 'image9'")
    (candidates / "image9__c0.nii.gz").unlink()
    (tmp_path / "fused/image0.nii.gz").unlink()
    assert_refused(report(*given), tmp_path / "report", "image0.nii.gz", "is missing")


@pytest.mark.parametrize("processes", [1, 2])
def test_an_unreadable_picture_is_found_late_and_leaves_nothing(report, tmp_path, processes):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for image in ("one", "two", "zero"):
            imsave(tmp_path / name / f"{image}.png", np.eye(9, dtype=np.uint8), check_contrast=False)
    (tmp_path / "b/zero.png").write_bytes(b"no picture")
    outcome = report("-i", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "report", "-np", processes)
    assert_refused(outcome, tmp_path / "report", "zero.png", "cannot be read as an image")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_an_earlier_report_survives_a_refusal(report, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    given = ("-i", candidates, "-o", tmp_path / "report", *NP)
    report(*given)
    before = contents(tmp_path / "report")
    (candidates / "image1__c0.nii.gz").write_bytes(b"no image")
    assert report(*given)[0] == 2
    assert contents(tmp_path / "report") == before


def test_no_folder_but_a_report_is_replaced(report, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.tex").write_text("\\end")
    status, _, errors = report("-i", candidates, "-o", tmp_path / "mine", *NP)
    assert status == 2
    assert "is not a report" in errors
    assert (tmp_path / "mine/thesis.tex").is_file()
    assert report("-i", candidates, "-o", candidates / "report", *NP)[0] == 2

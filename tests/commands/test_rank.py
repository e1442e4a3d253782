"""ds_rank as its users run it."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nnunet_deepstaple.ranking.files import COLUMNS

from ..label_map_files import SIZE, label_values, save
from ..warped_atlases import write_atlases
from .fuse_runs import assert_refused, contents, read, write_scores
from .rank_runs import NOISE, NP, dice, rows_of, true_dice, truth_of, write_sources, write_truth

# What it makes


def test_sources_are_ranked_by_agreement_alone(rank, tmp_path):
    folders = write_sources(tmp_path / "c")
    status, output, errors = rank("-i", *folders, "-o", tmp_path / "r", *NP)
    assert (status, errors) == (0, "")
    assert sorted(contents(tmp_path / "r")) == ["images.csv", "ranking.csv", "ranking.html", "ranking.json"]
    assert output.startswith("best ") or output.startswith("Trust best: ")
    rows = rows_of(tmp_path / "r")
    assert tuple(rows[0]) == COLUMNS
    assert [one["source"] for one in rows if one["label"] == "mean"] == list(NOISE)
    assert {one["label"] for one in rows} == {"mean", "label_1", "label_2"}
    for one in rows:
        assert 0 <= float(one["low"]) <= float(one["dice"]) <= float(one["high"]) <= 1
        if one["label"] == "mean":
            # these sources share no error: the ceiling is 1, the last one that is assumed
            assert float(one["low"]) <= true_dice(tmp_path / "c" / one["source"]) <= float(one["high"]) + 0.01
    content = json.loads((tmp_path / "r/ranking.json").read_text(encoding="utf-8"))
    assert (content["format"], content["images"], content["images_with_truth"]) == (1, 6, 0)
    assert any("-gt" in note for note in content["notes"])
    page = (tmp_path / "r/ranking.html").read_text(encoding="utf-8")
    assert (page.count('<h2 id="label'), page.count("The dot is the"), page.count("<em>Volume</em>")) == (3, 1, 1)


def test_true_labels_of_some_images_narrow_the_intervals(rank, tmp_path):
    folders = write_sources(tmp_path / "c")
    rank("-i", *folders, "-o", tmp_path / "without", *NP)
    status, _, errors = rank("-i", *folders, "-gt", write_truth(tmp_path / "gt"), "-o", tmp_path / "with", *NP)
    assert (status, errors) == (0, "")
    widths = [
        np.mean([float(one["high"]) - float(one["low"]) for one in rows_of(tmp_path / name)])
        for name in ("without", "with")
    ]
    assert widths[1] < widths[0]
    content = json.loads((tmp_path / "with/ranking.json").read_text(encoding="utf-8"))
    assert content["images_with_truth"] == 2
    best = content["labels"][0]["sources"][0]
    expected = np.mean([dice(read(tmp_path / f"c/best/image{image}.nii.gz"), truth_of(image)) for image in (0, 1)])
    assert best["true_dice"] == pytest.approx(expected, abs=1e-4)
    assert best["surface_dice"] > 0.5
    assert best["hd95"] >= 0


def test_an_image_that_a_source_lacks_is_no_harm(rank, tmp_path):
    folders = write_sources(tmp_path / "c")
    (tmp_path / "c/best/image3.nii.gz").unlink()
    status, output, _ = rank("-i", *folders, "-o", tmp_path / "r", *NP)
    assert status == 0
    assert "'best' lacks 1 of 6 images" in output
    [best] = [one for one in rows_of(tmp_path / "r") if (one["source"], one["label"]) == ("best", "mean")]
    assert (best["rank"], best["images"]) == ("1", "5")


def test_two_sources_cannot_be_told_apart(rank, tmp_path):
    folders = write_sources(tmp_path / "c", noise={"a": 0.02, "b": 0.3})
    status, output, _ = rank("-i", *folders, "-o", tmp_path / "r", *NP)
    assert status == 0
    assert "their agreement cannot tell which one is better" in output
    assert {one["group"] for one in rows_of(tmp_path / "r")} == {"1"}


def test_scores_are_one_more_judge(rank, tmp_path):
    folders = write_sources(tmp_path / "c", noise={"a": 0.1, "b": 0.1})
    cases = {f"image{image}__{name}": score for image in range(6) for name, score in (("a", 0.9), ("b", 0.6))}
    scores = write_scores(tmp_path / "scores.csv", cases)
    assert rank("-i", *folders, "-s", scores, "-o", tmp_path / "r", *NP)[0] == 0
    assert [one["source"] for one in rows_of(tmp_path / "r") if one["label"] == "mean"] == ["a", "b"]
    assert float(rows_of(tmp_path / "r")[0]["dice"]) > float(rows_of(tmp_path / "r")[1]["dice"]) + 0.1


def test_images_of_atlases_are_one_more_judge(rank, tmp_path):
    data = write_atlases(tmp_path / "data", count=2)
    for number in range(2):  # the first atlas is warped perfectly, and its image looks like the target
        shutil.copy(data / f"truth/scan{number}.nii.gz", data / f"candidates/scan{number}__atlas0.nii.gz")
        shutil.copy(data / f"images/scan{number}_0000.nii.gz", data / f"warped/scan{number}__atlas0.nii.gz")
    atlases = ("-i", data / "candidates", *NP)
    assert rank(*atlases, "-o", tmp_path / "alone")[0] == 0
    with_images = (*atlases, "-images", data / "images", "-atlas_images", data / "warped")
    assert rank(*with_images, "-o", tmp_path / "r")[0] == 0
    alone, first, second = (
        float(rows_of(tmp_path / name)[row]["dice"]) for name, row in (("alone", 0), ("r", 0), ("r", 1))
    )
    assert rows_of(tmp_path / "r")[0]["source"] == "atlas0"
    assert first > alone > second
    np.testing.assert_allclose([float(row["dice"]) for row in rows_of(tmp_path / "alone")[:2]], alone)


def test_a_source_is_ranked_for_what_it_annotates(rank, tmp_path):
    folders = write_sources(tmp_path / "c", noise={"a": 0.02, "b": 0.04, "only_one": 0.03})
    for path in folders[2].iterdir():
        save(path, np.where(read(path) == 1, 5, 0).astype(np.uint8))
    said = {name: {"labels": {"first": 1, "second": 2}} for name in ("a", "b")}
    said["only_one"] = {"labels": {"first": 5}}
    (tmp_path / "sources.json").write_text(json.dumps(said), encoding="utf-8")
    options = ("-sources", tmp_path / "sources.json", "-gt", write_truth(tmp_path / "gt"))
    status, _, errors = rank("-i", *folders, *options, "-o", tmp_path / "r", *NP)
    assert (status, errors) == (0, "")
    ranked = {
        label: [one["source"] for one in rows_of(tmp_path / "r") if one["label"] == label]
        for label in said["a"]["labels"]
    }
    assert ranked == {"first": ["a", "only_one", "b"], "second": ["a", "b"]}


def test_the_best_folders_are_listed_for_a_fusion(rank, fuse, tmp_path):
    folders = write_sources(tmp_path / "c")
    assert rank("-i", *folders, "--top", 2, "-o", tmp_path / "r", *NP)[0] == 0
    best = (tmp_path / "r/top_2.txt").read_text(encoding="utf-8").split()
    assert best == [str(tmp_path / "c" / name) for name in ("best", "good")]
    assert fuse("-i", *best, "-o", tmp_path / "fused", *NP)[0] == 0


def test_the_list_is_fused_as_it_is_told(rank, fuse, tmp_path):
    write_sources(tmp_path / "my models")
    output = rank("-i", tmp_path / "my models", "--top", 2, "-o", tmp_path / "my ranking", *NP)[1]
    [line] = [one for one in output.splitlines() if one.startswith("fuse them")]
    assert line == f"fuse them   ds_fuse -i '{tmp_path / 'my ranking/top_2.txt'}' -o fused"
    status, output, _ = fuse("-i", tmp_path / "my ranking/top_2.txt", "-o", tmp_path / "fused", *NP)
    assert status == 0
    assert "candidates  2 per image" in output


@pytest.mark.parametrize(("content", "words"), [(b"\n", "lists no folder"), (b"\xff\xfe", "is not written in UTF-8")])
def test_a_list_that_is_none(rank, tmp_path, content, words):
    (tmp_path / "list.txt").write_bytes(content)
    assert_refused(
        rank("-i", tmp_path / "list.txt", "-o", tmp_path / "r"), tmp_path / "r", tmp_path / "list.txt", words
    )


def test_more_true_labels_than_images(rank, tmp_path):
    output = rank("-i", *write_sources(tmp_path / "c", images=3), "-o", tmp_path / "r", *NP)[1]
    [line] = [one for one in output.splitlines() if one.startswith("truth ")]
    assert line.endswith("more images (-gt) would halve the intervals; here 3 have none yet")


def test_processes_change_nothing(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=3)
    for count in (1, 2):
        assert rank("-i", *folders, "-o", tmp_path / f"r{count}", "-np", count)[0] == 0
    assert contents(tmp_path / "r1") == contents(tmp_path / "r2")


def test_flat_images(rank, tmp_path):
    rng = np.random.default_rng(0)
    for image in range(3):
        for name, share in NOISE.items():
            labels = label_values()[4]
            wrong = rng.random(labels.shape) < share
            labels[wrong] = 0
            save(tmp_path / "c" / f"image{image}__{name}.png", labels)
        save(tmp_path / "gt" / f"image{image}.png", label_values()[4])
    status, _, errors = rank("-i", tmp_path / "c", "-gt", tmp_path / "gt", "-o", tmp_path / "r", *NP)
    assert (status, errors) == (0, "")
    assert rows_of(tmp_path / "r")[0]["source"] == "best"


def test_names_are_escaped_on_the_page(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2, noise={"<b>x": 0.1, "y&z": 0.1, "w": 0.2})
    assert rank("-i", *folders, "-o", tmp_path / "r", *NP)[0] == 0
    page = (tmp_path / "r/ranking.html").read_text(encoding="utf-8")
    assert "<b>x" not in page
    assert "&lt;b&gt;x" in page
    assert "http" not in page.replace("http://www.w3.org", "")


# Each image


def images_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "images.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_image_whose_sources_disagree_comes_first(rank, tmp_path):
    folders = write_sources(tmp_path / "c", noise={"a": 0.05, "b": 0.05, "c": 0.05})
    rng = np.random.default_rng(1)
    for folder in folders:
        labels = truth_of(2)
        wrong = rng.random(SIZE) < 0.5
        labels[wrong] = rng.integers(0, 3, int(wrong.sum()))
        save(folder / "image2.nii.gz", labels)
    assert rank("-i", *folders, "-o", tmp_path / "r", *NP)[0] == 0
    rows = images_of(tmp_path / "r")
    assert [one["image"] for one in rows if one["look_first"] == "1"] == 3 * ["image2"]
    for one in rows:
        if one["label"] != "mean":
            assert 0 <= float(one["low"]) <= float(one["dice"]) <= float(one["high"]) <= 1


def test_odd_candidates_are_named(rank, tmp_path):
    folders = write_sources(tmp_path / "c", noise={"a": 0.02, "b": 0.02, "c": 0.02, "d": 0.02})
    save(folders[3] / "image0.nii.gz", np.zeros(SIZE, np.uint8))
    save(folders[3] / "image1.nii.gz", np.array([0, 2, 1], np.uint8)[truth_of(1)])
    status, output, _ = rank("-i", *folders, "-o", tmp_path / "r", *NP)
    assert status == 0
    assert "candidate 'd' of image 'image0' is empty" in output
    assert "candidate 'd' of image 'image1' has 'label_1' and 'label_2' exchanged" in output
    assert "candidate 'a'" not in output


def test_what_is_odd_in_many_images_is_told_once(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=3)
    for image in range(3):
        save(folders[1] / f"image{image}.nii.gz", np.zeros(SIZE, np.uint8))
    output = rank("-i", *folders, "-o", tmp_path / "r", *NP)[1]
    assert "in 3 images, such as 'image0', candidate 'good' is empty" in output
    assert output.count("is empty") == 1


def test_copies_are_named(rank, tmp_path):
    folders = write_sources(tmp_path / "c", noise={f"s{number}": 0.05 + 0.03 * number for number in range(6)})
    for image in range(6):
        save(tmp_path / f"c/again/image{image}.nii.gz", read(tmp_path / f"c/s4/image{image}.nii.gz"))
    status, output, _ = rank("-i", *folders, tmp_path / "c/again", "-o", tmp_path / "r", *NP)
    assert status == 0
    assert "'again', 's4' make the same errors" in output
    content = json.loads((tmp_path / "r/ranking.json").read_text(encoding="utf-8"))
    place = content["sources"].index("again")
    assert content["dependence"][place][content["sources"].index("s4")] == 1
    assert content["dependence"][place][content["sources"].index("s0")] < 0.2


def test_when_nothing_can_be_told(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2, noise={f"s{number}": 0.0 for number in range(6)})
    assert "all sources draw the same" in rank("-i", *folders, "-o", tmp_path / "r", *NP)[1]
    for number, folder in enumerate(folders[:4]):
        for path in folder.iterdir():
            labels = np.zeros(SIZE, np.uint8)
            labels[2 * number : 2 * number + 2] = 1
            save(path, labels)
    assert "hardly overlap" in rank("-i", *folders[:4], "-o", tmp_path / "r", *NP)[1]


def test_files_of_structures_and_another_grid(rank, tmp_path):
    rng = np.random.default_rng(0)
    for source, shift in (("a", 0), ("b", 0), ("c", 2)):
        for image in range(2):
            for name, first in (("liver", 1), ("spleen", 5)):
                mask = np.zeros(SIZE, np.uint8)
                mask[first : first + 3, 2:8, 2 + shift : 9] = 1
                mask[rng.random(SIZE) < 0.02] = 0
                save(tmp_path / "c" / source / f"image{image}" / f"{name}.nii.gz", mask)
    options = ("-layout", "structures", "-o", tmp_path / "r", *NP)
    status, _, errors = rank("-i", *(tmp_path / "c" / name for name in "abc"), *options)
    assert (status, errors) == (0, "")
    assert {one["label"] for one in rows_of(tmp_path / "r")} == {"mean", "liver", "spleen"}
    assert [one["source"] for one in rows_of(tmp_path / "r")][2] == "c"


def test_label_maps_on_another_grid_are_resampled_when_that_is_asked(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2, noise={"a": 0.02, "b": 0.03, "c": 0.04})
    save(folders[2] / "image0.nii.gz", read(folders[2] / "image0.nii.gz")[1:], origin=(3.0, -4.0, 7.0))
    assert rank("-i", *folders, "-o", tmp_path / "r", *NP)[0] == 2
    status, _, errors = rank("-i", *folders, "--resample", "-o", tmp_path / "r", *NP)
    assert (status, errors) == (0, "")
    assert {one["source"] for one in rows_of(tmp_path / "r")} == {"a", "b", "c"}


def test_a_source_without_a_label_is_told_of(rank, tmp_path):
    folders = write_sources(tmp_path / "models", 3)
    for path in folders[0].glob("*"):
        labels = read(path)
        save(path, np.where(labels == 2, 0, labels))
    status, output, _ = rank("-i", *folders, "-o", tmp_path / "out", *NP)
    assert status == 0
    assert "'best' never has the label 2" in output
    assert "--all_annotate" not in output


def test_the_list_of_the_best_is_named(rank, tmp_path):
    folders = write_sources(tmp_path / "models", 2)
    status, output, _ = rank("-i", *folders, "-o", tmp_path / "out", "--top", 9, *NP)
    assert status == 0
    assert f"there are only {len(folders)} sources" in output
    assert str(tmp_path / "out/top_9.txt") in output


def test_a_tolerance_needs_true_labels(rank, tmp_path):
    folders = write_sources(tmp_path / "models", 2)
    assert_refused(rank("-i", *folders, "-o", tmp_path / "out", "-tolerance", 3), tmp_path / "out", "-gt")

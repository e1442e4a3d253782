"""From images and candidates to fused label maps through nnU-Net's own commands, for every file ending and odd names.

Datasets are small and trained for a few iterations; what is checked is that no case is lost on the way: every case is
found, given to the network, listed in the scores and fused under the name that it came with, the prediction beside it.
"""

import csv
import json
import unicodedata

import numpy as np
import pytest
import tifffile
from skimage import io

from ..conftest import shrink_plans
from ..label_map_files import save
from ..nnunet_runs import Workspace

BRIEF = "nnUNetTrainerDeepSTAPLE_once"  # in ext_trainers/

CANDIDATES = {
    "plain": ["r1", "r2"],
    "odd": ["nnUNetTrainer__nnUNetPlans__2d", "rater_seg"],
}
ODD_IMAGES = ["a__b", "two words", "1.2.3", "p0_seg", "p_0000", unicodedata.normalize("NFC", "Mü")]
ODD_IMAGES.append(unicodedata.normalize("NFD", "Jö"))
PLAIN_IMAGES = ["p0", "p1", "p2", "p3"]

WAYS = [
    (".nii.gz", ODD_IMAGES, CANDIDATES["odd"]),
    (".nii", PLAIN_IMAGES, CANDIDATES["plain"]),
    (".nrrd", PLAIN_IMAGES, CANDIDATES["plain"]),
    (".mha", PLAIN_IMAGES, CANDIDATES["plain"]),
    (".gipl", PLAIN_IMAGES, CANDIDATES["plain"]),
    (".tif", PLAIN_IMAGES, CANDIDATES["odd"]),
    (".TIFF", PLAIN_IMAGES, CANDIDATES["plain"]),
    (".png", ODD_IMAGES, CANDIDATES["odd"]),
    (".bmp", PLAIN_IMAGES, CANDIDATES["plain"]),
]
ONE_OF_EACH_READER = (".nii.gz", ".tif", ".png")
"""Endings whose datasets nnU-Net itself checks: it has three readers."""

FLAT = (".png", ".bmp")
"""Endings of two dimensions."""


def labels_of(number, flat):
    labels = np.zeros((16, 16) if flat else (8, 16, 16), np.uint8)
    labels[..., 4 + number % 3 : 12, 4:12] = 1
    return labels


def write_array(path, values, labels):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() in (".tif", ".tiff"):
        tifffile.imwrite(path, values)
        stem = path.name[: -len(path.suffix)]
        beside = path.with_name((stem if labels else stem[: -len("_0000")]) + ".json")
        beside.write_text(json.dumps({"spacing": [3.0, 1.5, 1.5]}))
    elif path.suffix in FLAT:
        io.imsave(path, values.astype(np.uint8), check_contrast=False)
    else:
        save(path, values.astype(np.float32) if path.suffix != ".gipl" or labels else values.astype(np.int16))


def write_data(folder, ending, images, candidates):
    rng = np.random.default_rng(0)
    for number, image in enumerate(images):
        labels = labels_of(number, ending in FLAT)
        values = (60 * labels + rng.normal(80, 10, labels.shape)).clip(0, 255).astype(np.float32)
        write_array(folder / "images" / f"{image}_0000{ending}", values, labels=False)
        for shift, candidate in enumerate(candidates):
            write_array(folder / "candidates" / candidate / f"{image}{ending}", np.roll(labels, shift, -1), labels=True)


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "images", "candidates"), WAYS, ids=[ending[1:] for ending, _, _ in WAYS])
def test_no_case_is_lost(tmp_path, ending, images, candidates):
    workspace = Workspace.within(tmp_path)
    write_data(tmp_path, ending, images, candidates)
    configuration = "2d"
    workspace.run("ds_prepare", "-i", tmp_path / "images", "-l", tmp_path / "candidates", "-d", 801, "-n", "Way")
    raw = workspace.raw / "Dataset801_Way"
    cases = json.loads((raw / "dataset.json").read_text(encoding="utf-8"))["dataset"]
    assert len(cases) == len(images) * len(candidates)
    workspace.run("ds_plan_and_preprocess", "-d", 801, "-c", configuration, "-np", 1)
    shrink_plans(workspace.preprocessed / raw.name, configuration)
    workspace.train(801, configuration, BRIEF)
    fold = workspace.fold(raw.name, configuration, BRIEF)
    with (fold / "scores.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["case"] for row in rows} == set(cases)
    assert {(row["image"], row["candidate"]) for row in rows} == {(i, c) for i in images for c in candidates}

    scores = tmp_path / "scores.csv"
    scores.write_text("case,agreement\n" + "".join(f"{case},0.9\n" for case in cases), encoding="utf-8")
    printed = workspace.run(
        *("ds_fuse", "-i", raw / "labelsTr", "-s", scores, "-predictions", fold / "predictions"),
        *("-o", tmp_path / "fused", "-np", 1, "-d_out", "802_Fused"),
    )
    record = json.loads((tmp_path / "fused" / "fusion.json").read_text(encoding="utf-8"))
    assert sorted(record["images"]) == sorted(images)
    for image in images:
        assert record["images"][image]["candidates"] == sorted(candidates)
        assert len(record["images"][image]["predictions"]) == 1, printed
        assert (tmp_path / "fused" / f"{image}{ending}").is_file()
    fused = json.loads((workspace.raw / "Dataset802_Fused" / "dataset.json").read_text(encoding="utf-8"))["dataset"]
    assert len(fused) == len(images)
    assert all(not case.endswith("_seg") for case in fused)
    if ending in ONE_OF_EACH_READER:
        checked = workspace.run("nnUNetv2_extract_fingerprint", "-d", 801, 802, "-np", 1, "--verify_dataset_integrity")
        assert checked.count("verify_dataset_integrity Done") == 2
    if ending.lower() in (".tif", ".tiff"):
        assert json.loads((tmp_path / "fused" / f"{images[0]}.json").read_text(encoding="utf-8"))["spacing"] == [
            3.0,
            1.5,
            1.5,
        ]

"""ds_fuse as its users run it."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.errors import RunError
from nnunet_deepstaple.fusion.folder import fuse_folder
from nnunet_deepstaple.fusion.planning.request import Request
from nnunet_deepstaple.fusion.rules.by_name import RULES

from ..label_map_files import SIZE, label_values, save
from ..machine import kills
from .fuse_runs import COMMAND, contents, read, write_candidates, write_scores

# What it does


def test_a_folder_without_scores(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates")
    status, output, _ = fuse("-i", candidates, "-o", tmp_path / "fused")
    assert status == 0
    assert "no scores.csv found, so the rule is spectral" in output
    assert sorted(contents(tmp_path / "fused")) == ["fusion.json", "image0.nii.gz", "image1.nii.gz"]
    record = json.loads((tmp_path / "fused/fusion.json").read_text(encoding="utf-8"))
    assert record["rule"] == "spectral"
    assert record["notes"] == ["no scores.csv found, so the rule is spectral"]
    fused, truth = read(tmp_path / "fused/image0.nii.gz"), label_values()
    assert (fused == truth).mean() > 0.99
    assert record["images"]["image0"]["voxels"] == {str(v): int((fused == v).sum()) for v in np.unique(fused)}


def test_how_much_predictions_vote_is_said(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates")
    cases = {f"image{image}__c{name}": 0.8 for image in range(2) for name in range(5)}
    scores = write_scores(tmp_path / "fold_0/scores.csv", cases)
    for image, labels in enumerate((label_values(), np.zeros_like(label_values()))):
        save(tmp_path / f"fold_0/predictions/image{image}.nii.gz", labels)
    status, output, _ = fuse("-i", candidates, "-s", scores, "-o", tmp_path / "fused")
    assert status == 0
    assert re.search(r"predictions keep \d% of their weight on average, 0% in 'image1'\n", output)
    assert "image1.nii.gz lacks label 1, 2, which every candidate shows" in output
    status, output, _ = fuse("-i", candidates, "-s", scores, "-o", tmp_path / "heavy", "-prediction_weight", "1e12")
    assert status == 0
    assert re.search(r"predictions keep \d% of their weight on average, 0% in 'image1'\n", output)


def test_disputed_voxels_only(fuse, tmp_path):
    """How much background surrounds an object changes STAPLE, but not STAPLE on the disputed voxels."""
    narrow = write_candidates(tmp_path / "narrow", images=1, n_labels=2)
    for number, path in enumerate(sorted(narrow.iterdir())):  # the later, the more they miss
        labels = read(path)
        save(path, np.where(np.random.default_rng(number).random(labels.shape) < 0.15 * number, 0, labels))
    for path in sorted(narrow.iterdir()):
        save(tmp_path / "wide" / path.name, np.pad(read(path), 40))
    inside = tuple(slice(40, -40) for _ in range(3))
    same = {}
    for options in [(), ("--disputed_only",)]:
        for folder in ("narrow", "wide"):
            given = ("-i", tmp_path / folder, "-o", tmp_path / f"fused_{folder}", "-rule", "staple", *options)
            status, output, _ = fuse(*given)
            assert status == 0
            assert ("disputed voxels only" in output) == bool(options)
        wide = read(tmp_path / "fused_wide/image0.nii.gz")
        same[options] = np.array_equal(wide[inside], read(tmp_path / "fused_narrow/image0.nii.gz"))
    assert same == {(): False, ("--disputed_only",): True}
    assert json.loads((tmp_path / "fused_wide/fusion.json").read_text(encoding="utf-8"))["disputed_only"] is True


def test_scores_beside_the_candidates(fuse, tmp_path):
    """A candidate with nearly all the weight wins everywhere."""
    candidates = write_candidates(tmp_path / "candidates", images=1)
    write_scores(candidates / "scores.csv", {f"image0__c{k}": 0.9 if k == 3 else 0.1 for k in range(5)})
    status, output, _ = fuse("-i", candidates, "-o", tmp_path / "fused", "-temperature", 10)
    assert status == 0
    assert "weighted, score agreement, weights power, temperature 10" in output
    assert np.array_equal(read(tmp_path / "fused/image0.nii.gz"), read(candidates / "image0__c3.nii.gz"))
    record = json.loads((tmp_path / "fused/fusion.json").read_text(encoding="utf-8"))
    assert record["images"]["image0"]["effective_candidates"] == pytest.approx(1, abs=1e-3)
    assert [file["file"] for file in record["score_files"]] == [str(candidates / "scores.csv")]
    assert len(record["score_files"][0]["sha256"]) == 64


def test_a_dry_run_says_what_would_be_done(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=2)
    scores = write_scores(tmp_path / "s.csv", {f"image{i}__c{k}": 0.5 + 0.1 * k for i in range(2) for k in range(5)})
    given = ("-i", candidates, "-s", scores, "-o", tmp_path / "fused", "--save_vote_share")
    before = contents(tmp_path)
    status, output, _ = fuse(*given, "--dry_run")
    assert status == 0
    assert contents(tmp_path) == before
    assert "rule        weighted, score agreement, weights power, temperature 6.0\n" in output
    assert f"scores      {scores}\n" in output
    assert "image1: c0 0.02, c1 0.05, c2 0.12, c3 0.27, c4 0.55\n" in output
    status, _, _ = fuse(*given)
    assert status == 0
    written = {str(path) for path in (tmp_path / "fused").rglob("*") if path.is_file()}
    assert {
        line.removeprefix("to write").strip() for line in output.splitlines() if line.startswith("to write")
    } == written


def test_folders_of_predictions(fuse, tmp_path):
    for name in ("a", "b", "c"):
        for image in ("x", "y"):
            save(tmp_path / name / f"{image}.nii.gz", label_values())
        (tmp_path / name / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "one": 1, "two": 2}}))
        (tmp_path / name / "plans.json").write_text("{}")
    folders = [tmp_path / name for name in ("a", "b", "c")]
    status, _, _ = fuse("-i", *folders, "-o", tmp_path / "fused", "-rule", "majority")
    assert status == 0
    assert np.array_equal(read(tmp_path / "fused/x.nii.gz"), label_values())


def test_by_image(fuse, tmp_path):
    for image in ("x", "y"):
        for name in ("a", "b"):
            save(tmp_path / "raters" / image / f"{name}.nii.gz", label_values())
    status, _, _ = fuse("-i", tmp_path / "raters", "-layout", "by_image", "-o", tmp_path / "fused")
    assert status == 0
    assert sorted(contents(tmp_path / "fused")) == ["fusion.json", "x.nii.gz", "y.nii.gz"]


@pytest.mark.parametrize("ending", [".png", ".tif", ".bmp"])
def test_pictures(fuse, tmp_path, ending):
    from skimage.io import imread, imsave

    labels = label_values()[:, :, 3]
    (tmp_path / "c").mkdir()
    for name in range(3):
        imsave(tmp_path / "c" / f"x__{name}{ending}", labels, check_contrast=False)
    status, _, errors = fuse("-i", tmp_path / "c", "-o", tmp_path / "fused", "--save_vote_share")
    assert status == 0, errors
    assert np.array_equal(imread(tmp_path / f"fused/x{ending}"), labels)
    assert read(tmp_path / "fused/vote_share/x.nii.gz").shape == labels.shape


def test_2d_medical_images(fuse, tmp_path):
    for name in range(3):
        save(tmp_path / "c" / f"x__{name}.mha", label_values()[2])
    assert fuse("-i", tmp_path / "c", "-o", tmp_path / "fused")[0] == 0
    assert np.array_equal(read(tmp_path / "fused/x.mha"), label_values()[2])


def test_agreement_is_the_winning_share(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    fuse("-i", candidates, "-o", tmp_path / "fused", "-rule", "majority", "--save_vote_share")
    votes = np.stack([read(path) for path in sorted(candidates.iterdir())])
    fused = read(tmp_path / "fused/image0.nii.gz")
    assert np.allclose(read(tmp_path / "fused/vote_share/image0.nii.gz"), (votes == fused).mean(axis=0), atol=1e-6)


def test_probabilities_have_the_layout_of_nnunet(fuse, tmp_path):
    import pickle

    candidates = write_candidates(tmp_path / "candidates", images=1)
    fuse("-i", candidates, "-o", tmp_path / "fused", "-rule", "majority", "--save_probabilities")
    probabilities = np.load(tmp_path / "fused/image0.npz")["probabilities"]
    assert probabilities.shape == (3, *SIZE)
    assert probabilities.dtype == np.float32
    assert np.array_equal(probabilities.argmax(axis=0), read(tmp_path / "fused/image0.nii.gz"))
    properties = pickle.loads((tmp_path / "fused/image0.pkl").read_bytes())
    assert properties["spacing"] == [2.0, 1.5, 1.0]
    assert properties["sitk_stuff"]["origin"] == (3.0, -4.0, 5.0)


def test_ignore_below(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    fuse("-i", candidates, "-o", tmp_path / "all", "-rule", "majority", "--save_agreement")
    fuse("-i", candidates, "-o", tmp_path / "sure", "-rule", "majority", "-ignore_below", 0.8)
    everything, sure = read(tmp_path / "all/image0.nii.gz"), read(tmp_path / "sure/image0.nii.gz")
    unsure = read(tmp_path / "all/vote_share/image0.nii.gz") < 0.8 - 1e-6
    assert unsure.any()
    assert (sure[unsure] == 3).all()
    assert np.array_equal(sure[~unsure], everything[~unsure])


def test_ignore_label_of_the_dataset_json(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    labels = {"background": 0, "a": 1, "b": 2, "c": 3, "d": 4, "ignore": 5}
    (candidates / "dataset.json").write_text(json.dumps({"labels": labels}))
    fuse("-i", candidates, "-o", tmp_path / "fused", "-rule", "majority", "-ignore_below", 1)
    assert read(tmp_path / "fused/image0.nii.gz").max() == 5


def test_geometry_is_kept_and_float_noise_passes(fuse, tmp_path):
    for name, noise in (("a", 0), ("b", 1e-7), ("c", 1e-4)):
        labels = label_values()
        save(tmp_path / "c" / f"x__{name}.nii.gz", labels, origin=(3.0 + noise, -4.0, 5.0))
    assert fuse("-i", tmp_path / "c", "-o", tmp_path / "fused")[0] == 0
    image = sitk.ReadImage(str(tmp_path / "fused/x.nii.gz"))
    assert image.GetOrigin() == pytest.approx((3, -4, 5))
    assert image.GetSpacing() == (1, 1.5, 2)
    assert image.GetPixelID() == sitk.sitkUInt8


# Many images


def test_processes_and_parts_make_no_difference(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=5)
    fuse("-i", candidates, "-o", tmp_path / "one", "-np", 1, "--save_agreement")
    fuse("-i", candidates, "-o", tmp_path / "two", "-np", 2, "--save_agreement")
    for part in (2, 0, 1):
        arguments = ["-i", candidates, "-o", tmp_path / "parts", "-np", 1, "--save_agreement", "-num_parts", 3]
        status, output, _ = fuse(*arguments, "-part_id", part)
        assert status == 0
        assert ("part " in output) == (part != 1)
    assert contents(tmp_path / "one") == contents(tmp_path / "two") == contents(tmp_path / "parts")


def test_continue_keeps_what_is_done(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=3)
    fused = tmp_path / "fused"
    fuse("-i", candidates, "-o", fused)
    before = contents(fused)
    (fused / "image1.nii.gz").unlink()
    _, output, _ = fuse("-i", candidates, "-o", fused, "--continue")
    assert "1 image, 2 finished before" in output
    assert contents(fused) == before


def test_continue_fuses_again_what_has_other_candidates(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=2)
    fuse("-i", candidates, "-o", tmp_path / "fused")
    save(candidates / "image1__c9.nii.gz", label_values())
    _, output, _ = fuse("-i", candidates, "-o", tmp_path / "fused", "--continue")
    assert "1 image, 1 finished before" in output


def test_continue_does_not_mix_options(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=2)
    fuse("-i", candidates, "-o", tmp_path / "fused")
    before = contents(tmp_path / "fused")
    status, _, errors = fuse("-i", candidates, "-o", tmp_path / "fused", "-rule", "majority", "--continue")
    assert status == 2
    assert 'begun with rule "spectral", which now is "majority"' in errors
    assert contents(tmp_path / "fused") == before


@pytest.mark.parametrize("kills", [3, pytest.param(30, marks=pytest.mark.slow)])
def test_killed_at_any_moment_and_continued(tmp_path, kills):
    """The folder ends byte for byte like that of an undisturbed run."""
    images = 20
    candidates = write_candidates(tmp_path / "candidates", images=images, count=3)
    arguments = ["-i", candidates, "--save_agreement", "--save_probabilities", "-np", "2"]
    subprocess.run([*COMMAND, *arguments, "-o", tmp_path / "whole"], check=True, capture_output=True)
    moments = random.Random(0)
    broken_off = 0
    for number in range(kills):
        fused = tmp_path / f"fused{number}"
        process = subprocess.Popen([*COMMAND, *arguments, "-o", fused], stdout=subprocess.DEVNULL)
        done = moments.randrange(images)
        while process.poll() is None and len(list(fused.glob("image*.nii.gz"))) < done:
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.05))
        process.kill()
        process.wait()
        broken_off += not (fused / "fusion.json").exists()
        again = subprocess.run([*COMMAND, *arguments, "-o", fused, "--continue"], capture_output=True, check=False)
        assert again.returncode == 0, again.stderr
        assert contents(fused) == contents(tmp_path / "whole")
    assert broken_off >= kills / 2


def die_of_the_second(votes, weights):
    """A rule that ends its process, as the kernel does where memory runs out."""
    if votes.n_voters == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return RULES["majority"](votes, weights)


@kills
def test_a_process_that_dies_is_named_and_the_run_ends(tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=4, count=3)
    (candidates / "image2__c0.nii.gz").unlink()
    request = Request([candidates], tmp_path / "fused", rule=die_of_the_second, workers=2)
    with pytest.raises(RunError, match=r"'image2' was ended by SIGKILL.*-np.*--continue"):
        fuse_folder(request)
    assert not (tmp_path / "fused/image2.nii.gz").exists()
    assert not (tmp_path / "fused/fusion.json").exists()


def test_starting_imports_neither_torch_nor_nnunet(tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    script = (
        "import sys, atexit, time\n"
        "atexit.register(lambda: print(time.process_time(), *sorted(sys.modules), file=sys.stderr))\n"
    )
    command = [sys.executable, "-c", script + COMMAND[2], "-i", candidates, "-o", tmp_path / "fused", "-np", "1"]
    seconds, *modules = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stderr.split()
    assert not {"torch", "nnunetv2", "scipy", "skimage", "pandas"} & set(modules)
    assert float(seconds) < 2  # half a second where nothing else runs


def test_help_imports_nothing_that_reads_images():
    code = "import sys, atexit\natexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\n" + COMMAND[2]
    done = subprocess.run([sys.executable, "-c", code, "--help"], check=True, capture_output=True, encoding="utf-8")
    assert "examples:" in done.stdout
    assert not {"SimpleITK", "nibabel", "torch", "nnunetv2", "scipy", "skimage", "pandas"} & set(done.stderr.split())

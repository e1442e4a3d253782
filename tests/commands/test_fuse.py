"""ds_fuse as its users run it."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.commands.fuse import main
from nnunet_deepstaple.errors import RunError
from nnunet_deepstaple.fusion.folder import fuse_folder
from nnunet_deepstaple.fusion.request import Request
from nnunet_deepstaple.fusion.rules import RULES

from ..label_map_files import SIZE, label_values, save

COMMAND = [sys.executable, "-c", "from nnunet_deepstaple.commands.fuse import main; main()"]


@pytest.fixture
def fuse(monkeypatch, capsys):
    """Run ds_fuse in this process; gives exit status, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["ds_fuse", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, *capsys.readouterr()

    return run


def read(path: Path) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


def write_candidates(folder: Path, images=2, count=5, n_labels=3) -> Path:
    rng = np.random.default_rng(0)
    for image in range(images):
        for name in range(count):
            labels = label_values(range(1, n_labels))
            noise = rng.random(SIZE) < 0.1
            labels[noise] = rng.integers(0, n_labels, int(noise.sum()))
            save(folder / f"image{image}__c{name}.nii.gz", labels)
    return folder


def write_scores(path: Path, cases: dict[str, float], column="agreement") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"case,{column}\n" + "".join(f"{case},{score}\n" for case, score in cases.items()))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def assert_refused(outcome, folder: Path, *words: object) -> None:
    """Exit status 2, one line on stderr with these words, and nothing written."""
    status, _, errors = outcome
    assert status == 2, errors
    assert errors.count("\n") == 1
    assert errors.startswith("error: ")
    for word in words:
        assert str(word) in errors
    assert not folder.exists()


# What it does


def test_a_folder_without_scores(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates")
    status, output, _ = fuse("-i", candidates, "-o", tmp_path / "fused")
    assert status == 0
    assert "no scores.csv found, so the rule is staple" in output
    assert sorted(contents(tmp_path / "fused")) == ["fusion.json", "image0.nii.gz", "image1.nii.gz"]
    record = json.loads((tmp_path / "fused/fusion.json").read_text())
    assert record["rule"] == "staple"
    assert record["notes"] == ["no scores.csv found, so the rule is staple"]
    fused, truth = read(tmp_path / "fused/image0.nii.gz"), label_values()
    assert (fused == truth).mean() > 0.99
    assert record["images"]["image0"]["voxels"] == {str(v): int((fused == v).sum()) for v in np.unique(fused)}


def test_scores_beside_the_candidates(fuse, tmp_path):
    """A candidate with nearly all the weight wins everywhere."""
    candidates = write_candidates(tmp_path / "candidates", images=1)
    write_scores(candidates / "scores.csv", {f"image0__c{k}": 0.9 if k == 3 else 0.1 for k in range(5)})
    status, output, _ = fuse("-i", candidates, "-o", tmp_path / "fused", "-temperature", 10)
    assert status == 0
    assert "weighted, score agreement, weights softmax, temperature 10" in output
    assert np.array_equal(read(tmp_path / "fused/image0.nii.gz"), read(candidates / "image0__c3.nii.gz"))
    record = json.loads((tmp_path / "fused/fusion.json").read_text())
    assert record["images"]["image0"]["effective_candidates"] == pytest.approx(1, abs=1e-3)
    assert [file["file"] for file in record["score_files"]] == [str(candidates / "scores.csv")]
    assert len(record["score_files"][0]["sha256"]) == 64


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
    status, _, errors = fuse("-i", tmp_path / "c", "-o", tmp_path / "fused", "--save_agreement")
    assert status == 0, errors
    assert np.array_equal(imread(tmp_path / f"fused/x{ending}"), labels)
    assert read(tmp_path / "fused/agreement/x.nii.gz").shape == labels.shape


def test_2d_medical_images(fuse, tmp_path):
    for name in range(3):
        save(tmp_path / "c" / f"x__{name}.mha", label_values()[2])
    assert fuse("-i", tmp_path / "c", "-o", tmp_path / "fused")[0] == 0
    assert np.array_equal(read(tmp_path / "fused/x.mha"), label_values()[2])


def test_agreement_is_the_winning_share(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    fuse("-i", candidates, "-o", tmp_path / "fused", "-rule", "majority", "--save_agreement")
    votes = np.stack([read(path) for path in sorted(candidates.iterdir())])
    fused = read(tmp_path / "fused/image0.nii.gz")
    assert np.allclose(read(tmp_path / "fused/agreement/image0.nii.gz"), (votes == fused).mean(axis=0), atol=1e-6)


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
    unsure = read(tmp_path / "all/agreement/image0.nii.gz") < 0.8 - 1e-6
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


# Where other tools break


def test_all_candidates_empty(fuse, tmp_path):
    for name in range(3):
        save(tmp_path / "c" / f"x__{name}.nii.gz", np.zeros(SIZE, np.uint8))
    status, output, _ = fuse("-i", tmp_path / "c", "-o", tmp_path / "fused")
    assert status == 0
    assert "warning     x: every candidate is empty" in output
    assert not read(tmp_path / "fused/x.nii.gz").any()
    assert "empty" in json.loads((tmp_path / "fused/fusion.json").read_text())["images"]["x"]["warnings"][0]


ESTIMATING = ("majority", "staple", "simple")


@pytest.mark.parametrize("rule", ESTIMATING)
@pytest.mark.parametrize("values", [(2, 5), (255,), (2, 255), (254, 255), (253, 254, 255)])
def test_labels_that_are_not_consecutive(fuse, tmp_path, rule, values):
    for name in range(4):
        save(tmp_path / "c" / f"x__{name}.nii.gz", np.roll(label_values(values), name % 2, axis=0))
    assert fuse("-i", tmp_path / "c", "-o", tmp_path / "fused", "-rule", rule)[0] == 0
    assert set(np.unique(read(tmp_path / "fused/x.nii.gz"))) == {0, *values}


@pytest.mark.parametrize("rule", ESTIMATING)
def test_a_tie_makes_no_new_label(fuse, tmp_path, rule):
    for name, value in (("a", 1), ("b", 2), ("c", 3)):
        save(tmp_path / "c" / f"x__{name}.nii.gz", label_values((value,)))
    assert fuse("-i", tmp_path / "c", "-o", tmp_path / "fused", "-rule", rule)[0] == 0
    assert read(tmp_path / "fused/x.nii.gz").max() <= 3


def test_two_candidates_that_disagree(fuse, tmp_path):
    """The smaller label without weights: the intersection; the heavier candidate with weights."""
    one, other = label_values((1,)), np.roll(label_values((1,)), 1, axis=2)
    save(tmp_path / "c/x__a.nii.gz", one)
    save(tmp_path / "c/x__b.nii.gz", other)
    fuse("-i", tmp_path / "c", "-o", tmp_path / "majority", "-rule", "majority")
    assert np.array_equal(read(tmp_path / "majority/x.nii.gz"), one & other)
    scores = write_scores(tmp_path / "scores.csv", {"x__a": 0.1, "x__b": 0.2})
    fuse("-i", tmp_path / "c", "-o", tmp_path / "weighted", "-s", scores)
    assert np.array_equal(read(tmp_path / "weighted/x.nii.gz"), other)


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [(0.9999, np.float32, "0.9999"), (0.5, np.float64, "0.5"), (np.nan, np.float32, "NaN"), (-1, np.int16, "-1")],
)
def test_voxels_that_are_no_labels(fuse, tmp_path, value, dtype, message):
    candidates = write_candidates(tmp_path / "candidates")
    labels = label_values().astype(dtype)
    labels[labels > 0] = value
    bad = save(candidates / "image1__c2.nii.gz", labels)
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", bad, message)


def test_types_may_be_mixed(fuse, tmp_path):
    for name, dtype in enumerate((np.uint8, np.int16, np.float32, np.uint16, np.int32, np.float64)):
        save(tmp_path / "c" / f"x__{name}.nii.gz", label_values().astype(dtype))
    assert fuse("-i", tmp_path / "c", "-o", tmp_path / "fused")[0] == 0
    assert np.array_equal(read(tmp_path / "fused/x.nii.gz"), label_values())


@pytest.mark.parametrize("size", [(9, 10, 12), (8, 9, 12), (8, 10, 13)])
@pytest.mark.parametrize("candidate", ["c0", "c4"])
def test_another_size(fuse, tmp_path, size, candidate):
    candidates = write_candidates(tmp_path / "candidates")
    save(candidates / f"image1__{candidate}.nii.gz", label_values(size=size))
    outcome = fuse("-i", candidates, "-o", tmp_path / "fused")
    assert_refused(outcome, tmp_path / "fused", "image1__c", "size", "(12, 10, 8)", "({2}, {1}, {0})".format(*size))


def test_a_flipped_direction(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates")
    path = candidates / "image0__c3.nii.gz"
    image = sitk.ReadImage(str(path))
    image.SetDirection((-1, 0, 0, 0, 1, 0, 0, 0, 1))
    sitk.WriteImage(image, str(path))
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", path, "direction", "-1")


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"origin": (3.0, -4.0, 5.01)}, "origin (3, -4, 5.01)"), ({"spacing": (1.0, 1.51, 2.0)}, "spacing (1, 1.51, 2)")],
)
def test_another_geometry(fuse, tmp_path, changed, message):
    candidates = write_candidates(tmp_path / "candidates")
    path = save(candidates / "image0__c3.nii.gz", label_values(), **changed)
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", path, message, "instead of")


# Bad files


def test_a_file_cut_off(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates")
    path = candidates / "image1__c4.nii.gz"
    path.write_bytes(path.read_bytes()[:-20])
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", path, "cut off")


def test_a_text_file_of_that_name(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates")
    path = candidates / "image1__c4.nii.gz"
    path.write_text("404 not found")
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", path, "cannot be read")


def test_four_dimensions(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates")
    path = candidates / "image1__c4.nii.gz"
    sitk.WriteImage(sitk.JoinSeries([sitk.GetImageFromArray(label_values())] * 2), str(path))
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", path, "4 dimensions")


@pytest.mark.skipif(os.name != "posix", reason="permissions of another system")
@pytest.mark.parametrize("forbidden", ["candidate", "output"])
def test_permissions(tmp_path, forbidden):
    """In a process without root's right to read and write everything."""
    candidates = write_candidates(tmp_path / "candidates", images=1)
    for folder in (tmp_path, candidates, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    if forbidden == "candidate":
        (candidates / "image0__c1.nii.gz").chmod(0)
        (tmp_path / "free").mkdir()
        (tmp_path / "free").chmod(0o777)
        output = tmp_path / "free/fused"
    else:
        output = tmp_path / "fused"
    drop = "if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)"
    script = f"import os\nfrom nnunet_deepstaple.commands.fuse import main\n{drop}\nmain()"
    command = [sys.executable, "-c", script, "-i", candidates, "-o", output, "-np", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    named = candidates / "image0__c1.nii.gz" if forbidden == "candidate" else output
    assert_refused((done.returncode, done.stdout, done.stderr), output, named)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs rights that this user does not have")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("switches", [[], ["--save_probabilities"], ["--save_agreement"]])
def test_a_full_disk(fuse, tmp_path, small_disk, switches):
    for name in range(3):
        labels = np.random.default_rng(0).integers(0, 250, (60, 60, 60)).astype(np.uint8)
        save(tmp_path / "c" / f"x__{name}.nii.gz", labels)
    arguments = ["-i", tmp_path / "c", "-o", small_disk / "fused", "-rule", "majority", *switches]
    status, _, errors = fuse(*arguments)
    assert status == 2
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert str(small_disk / "fused") in errors
    assert "cannot be written" in errors
    assert not [name for name in contents(small_disk / "fused") if name.startswith((".", "x", "agreement"))]


# Bad scores and options


def test_two_candidates_of_one_name(fuse, tmp_path):
    save(tmp_path / "c/x__a.nii.gz", label_values())
    save(tmp_path / "c/x__a.mha", label_values())
    assert_refused(fuse("-i", tmp_path / "c", "-o", tmp_path / "fused"), tmp_path / "fused", "x__a.nii.gz", "x__a.mha")


def test_a_case_without_score(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    scores = write_scores(tmp_path / "scores.csv", {f"image0__c{k}": 0.5 for k in range(4)})
    outcome = fuse("-i", candidates, "-s", scores, "-o", tmp_path / "fused")
    assert_refused(outcome, tmp_path / "fused", "image0__c4", "no score")


@pytest.mark.parametrize("score", ["nan", "inf", ""])
def test_a_score_that_is_no_number(fuse, tmp_path, score):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    cases = {f"image0__c{k}": 0.5 for k in range(5)}
    scores = write_scores(tmp_path / "scores.csv", {**cases, "image0__c2": score})
    assert_refused(fuse("-i", candidates, "-s", scores, "-o", tmp_path / "fused"), tmp_path / "fused", "image0__c2")


def test_scores_of_other_cases_are_told(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    cases = {f"image0__c{k}": k / 10 for k in range(5)} | {"other__c0": 0.7, "other__c1": 0.8}
    status, output, _ = fuse(
        "-i", candidates, "-s", write_scores(tmp_path / "scores.csv", cases), "-o", tmp_path / "fused"
    )
    assert status == 0
    assert "2 scored cases are no candidates here, such as 'other__c0'" in output
    assert "other__c0" in json.loads((tmp_path / "fused/fusion.json").read_text())["notes"][0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-rule", "weighted"], "no scores found"),
        (["-score", "dice"], "no scores found"),
        (["-rule", "majority", "-temperature", "3"], "uses no scores"),
        (["-s", "missing.csv"], "missing.csv"),
        (["-ignore_below", "1.5"], "-ignore_below 1.5"),
        (["-np", "0"], "-np 0"),
        (["-num_parts", "3", "-part_id", "3"], "-part_id 3"),
        (["-temperature", "-1"], "-temperature -1"),
        (["-d_out", "702"], "702"),
        (["-d_out", "702_Name"], "-d_out"),
    ],
)
def test_options_that_cannot_be(fuse, tmp_path, monkeypatch, arguments, message):
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    candidates = write_candidates(tmp_path / "candidates", images=1)
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused", *arguments), tmp_path / "fused", message)


def test_no_such_folder(fuse, tmp_path):
    assert_refused(fuse("-i", tmp_path / "none", "-o", tmp_path / "fused"), tmp_path / "fused", tmp_path / "none")


def test_results_among_the_candidates(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    assert_refused(fuse("-i", candidates, "-o", candidates / "fused"), candidates / "fused", "would be taken for")


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
    assert 'begun with rule "staple", which now is "majority"' in errors
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


def die_of_the_second(patterns, counts, n_labels, weights):
    """A rule that ends its process, as the kernel does where memory runs out."""
    if len(weights) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return RULES["majority"](patterns, counts, n_labels, weights)


@pytest.mark.skipif(os.name != "posix", reason="signals of another system")
def test_a_process_that_dies_is_named_and_the_run_ends(tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=4, count=3)
    (candidates / "image2__c0.nii.gz").unlink()
    request = Request([candidates], tmp_path / "fused", rule=die_of_the_second, processes=2)
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
    seconds, *modules = subprocess.run(command, check=True, capture_output=True, text=True).stderr.split()
    assert not {"torch", "nnunetv2", "scipy", "skimage", "pandas"} & set(modules)
    assert float(seconds) < 2  # half a second where nothing else runs

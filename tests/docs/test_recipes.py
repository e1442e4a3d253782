"""The commands of the pages under docs/start, run as they stand there, on generated data and small networks."""

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from nnunet_deepstaple.datasets.case_ids import split_case
from nnunet_deepstaple.demo.anatomy import LABELS
from nnunet_deepstaple.demo.data import write_data
from nnunet_deepstaple.scoring import read_scores

from ..nnunet_runs import EXT_TRAINERS
from .pages import DOCS, script

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None, reason="the recipes are written for bash"),
]

IMAGES, CANDIDATES = 5, 3
PRELUDE = Path(__file__).with_name("small.sh")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five images with three candidates each, flat, and one further image."""
    write_data(tmp_path, images=IMAGES, candidates=CANDIDATES, test_images=1)
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        (tmp_path / name).mkdir()
    return tmp_path


def run(page: str, folder: Path) -> str:
    """Run all commands of a page in ``folder`` and give what they printed."""
    environment = os.environ | {
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]),
        "PYTHONPATH": str(DOCS.parent),  # for tests.docs.shrink_in_place
        "nnUNet_extTrainer": str(EXT_TRAINERS),
        "nnUNet_def_n_proc": "1",
        "OMP_WAIT_POLICY": "passive",
        "PYTHONWARNINGS": "ignore",
    }
    commands = f"source {PRELUDE}\n{script(page)}"
    done = subprocess.run(
        ["bash", "-c", commands], cwd=folder, env=environment, encoding="utf-8", capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def move_candidates(folder: Path, name: str) -> set[str]:
    """Move ``<image>__<candidate>`` to ``name``, a pattern of both with their number; gives the candidates' names."""
    names = set()
    for number, path in enumerate(sorted((folder / "candidates").glob("*.nii.gz"))):
        image, _ = split_case(path.name.removesuffix(".nii.gz"))
        target = folder / name.format(image=image, letter="abc"[number % CANDIDATES])
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        names.add("abc"[number % CANDIDATES])
    return names


def images_in(folder: Path) -> list[str]:
    return sorted(path.name.removesuffix(".nii.gz") for path in folder.glob("*.nii.gz"))


def images_of(folder: Path) -> list[str]:
    return sorted(path.name.removesuffix("_0000.nii.gz") for path in (folder / "images").iterdir())


def test_multi_atlas(folder: Path) -> None:
    (folder / "test_images").rename(folder / "new_images")
    run("start/multi_atlas.md", folder)
    record = json.loads((folder / "fused/fusion.json").read_text(encoding="utf-8"))
    options = [record[name] for name in ("rule", "score", "weights", "temperature")]
    assert options == ["weighted", "agreement", "power", 6]
    [scores] = folder.glob("nnUNet_results/Dataset701_Atlases/*/fold_0/scores.csv")
    assert [Path(file["file"]) for file in record["score_files"]] == [scores]
    assert images_in(folder / "fused") == images_of(folder)
    assert images_in(folder / "nnUNet_raw/Dataset702_Consensus/labelsTr") == images_of(folder)
    [_] = folder.glob("nnUNet_results/Dataset702_Consensus/*/fold_0/validation/summary.json")
    assert images_in(folder / "predicted") == ["test01"]


def test_several_raters(folder: Path) -> None:
    move_candidates(folder, "raters/{image}/{letter}.nii.gz")
    (folder / "raters/scan01/b.nii.gz").unlink()  # raters may be missing
    (folder / "labels.json").write_text(json.dumps(LABELS))
    printed = run("start/several_raters.md", folder)
    first, fused = (
        json.loads((folder / name / "fusion.json").read_text(encoding="utf-8")) for name in ("first_look", "fused")
    )
    assert (first["rule"], fused["rule"]) == ("spectral", "weighted")
    assert fused["images"]["scan01"]["candidates"] == ["a", "c"]
    assert len(first["images"]["scan02"]["weights"]) == CANDIDATES
    assert images_in(folder / "fused/vote_share") == images_of(folder)
    scores = read_scores(next(folder.glob("nnUNet_results/*/*/fold_0/scores.csv")))
    mean = sum(score for case, score in scores.column("agreement").items() if case.endswith("__b")) / (IMAGES - 1)
    assert f"b            {mean:.3f} over {IMAGES - 1} images\n" in printed


def test_several_models(folder: Path) -> None:
    move_candidates(folder, "model_{letter}/{image}.nii.gz")
    (folder / "candidates/dataset.json").rename(folder / "model_a/dataset.json")
    printed = run("start/several_models.md", folder)
    assert images_in(folder / "fused_by_votes") == images_in(folder / "fused") == images_of(folder)
    record = json.loads((folder / "fused/fusion.json").read_text(encoding="utf-8"))
    assert record["images"]["scan01"]["candidates"] == ["model_a", "model_b", "model_c"]
    lines = [line for line in printed.splitlines() if "'model_b'" in line]
    assert [line.split()[0] for line in lines] == images_of(folder)

"""The recipe after the first training: fuse by its scores, train a stock nnU-Net on the consensus, predict."""

import json
from pathlib import Path

import pytest

from nnunet_deepstaple.datasets.candidates import split_case
from nnunet_deepstaple.datasets.small_plans import SMALL

from .conftest import DATASET, SCORED, STOCK, shrink_plans
from .nnunet_runs import Workspace

pytestmark = pytest.mark.slow

CONSENSUS = "Dataset702_TinyFused"


@pytest.mark.parametrize("trained", ["3d_fullres"], indirect=True)
def test_from_scores_to_a_second_network(trained: tuple[Workspace, str], tmp_path: Path) -> None:
    workspace, configuration = trained
    labels = workspace.raw / DATASET / "labelsTr"
    images = sorted({split_case(path.name.removesuffix(".nii.gz"))[0] for path in labels.iterdir()})

    printed = workspace.run("ds_fuse", "-i", labels, "-o", tmp_path / "fused", "-d_out", "702_TinyFused")
    assert "weighted" in printed
    record = json.loads((tmp_path / "fused" / "fusion.json").read_text(encoding="utf-8"))
    assert (record["rule"], record["score"], record["weights"], record["temperature"]) == (
        "weighted",
        "agreement",
        "power",
        6,
    )
    assert [Path(file["file"]) for file in record["score_files"]] == [
        workspace.fold(DATASET, configuration, SCORED) / "scores.csv"
    ]
    assert sorted(path.name for path in (tmp_path / "fused").glob("*.nii.gz")) == [f"{i}.nii.gz" for i in images]

    workspace.run(
        "nnUNetv2_plan_and_preprocess",
        "-d",
        702,
        "-c",
        configuration,
        "-np",
        1,
        "-npfp",
        1,
        "--verify_dataset_integrity",
    )
    shrink_plans(workspace.preprocessed / CONSENSUS, configuration)
    workspace.train(702, configuration, STOCK)
    assert (workspace.fold(CONSENSUS, configuration, STOCK) / "validation" / "summary.json").exists()

    for dataset, trainer in ((701, SCORED), (702, STOCK)):
        output = tmp_path / f"predicted_{dataset}"
        model = ("-d", dataset, "-c", configuration, "-tr", trainer, "-p", SMALL, "-f", 0)
        inputs = workspace.raw.parent / "data" / "test_images"
        workspace.run("nnUNetv2_predict", "-i", inputs, "-o", output, *model, "-device", "cpu", "-npp", 1, "-nps", 1)
        assert [path.name for path in output.glob("*.nii.gz")] == ["test01.nii.gz"]

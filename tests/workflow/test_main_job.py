from dataclasses import replace
from pathlib import Path

import pytest

from nnunet_deepstaple.datasets.small_plans import SMALL
from nnunet_deepstaple.demo.data import write_data
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.workflow.main_job import Folders, Request, networks_of, steps_of, stock_trainer

FOLDERS = Folders(Path("/raw"), Path("/preprocessed"), Path("/results"))


@pytest.fixture(scope="module")
def request_(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_data(folder, images=2, candidates=2, test_images=1)
    return Request(folder / "images", [folder / "candidates"], 701, "Mine", folder / "work")


def commands(request):
    return {step.name: step.words() for step in steps_of(request, FOLDERS)}


def test_the_commands_are_those_of_the_readme(request_):
    found = commands(request_)
    assert {name: words[0] for name, words in found.items()} == {
        "prepare": "ds_prepare",
        "preprocess": "ds_plan_and_preprocess",
        "train": "nnUNetv2_train",
        "fuse": "ds_fuse",
        "report": "ds_report",
        "preprocess_consensus": "ds_plan_and_preprocess",
        "train_consensus": "nnUNetv2_train",
    }
    assert found["train"][1:6] == ["701", "3d_fullres", "0", "-tr", "nnUNetTrainerDeepSTAPLE"]
    assert found["train_consensus"][1:6] == ["702", "3d_fullres", "0", "-tr", "nnUNetTrainer"]
    labels, fused = "/raw/Dataset701_Mine/labelsTr", str(request_.work / "fused")
    assert found["fuse"] == ["ds_fuse", "-i", labels, "-o", fused, "-d_out", "702_MineFused"]


def test_images_and_candidates_are_what_is_prepared(request_):
    prepare = steps_of(request_, FOLDERS)[0]
    folder = request_.images.parent
    expected = {*(folder / "images").iterdir(), *(folder / "candidates").iterdir()}
    assert set(prepare.inputs) == expected


def test_options_go_where_they_belong(request_):
    found = commands(replace(request_, plans="nnUNetResEncUNetMPlans_small", configuration="2d", device="cpu"))
    assert found["preprocess"][3:] == ["-c", "2d", "-pl", "nnUNetPlannerResEncM"]
    assert found["shrink"][3:] == ["701", "-p", "nnUNetResEncUNetMPlans", "-c", "2d", "-batch", "2"]
    assert found["train"][-4:] == ["-p", "nnUNetResEncUNetMPlans_small", "-device", "cpu"]
    assert "shrink" not in commands(request_)
    assert "shrink_consensus" in commands(replace(request_, plans=SMALL))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"plans": "other"}, "-p other is none of nnUNetPlans, "),
        ({"configuration": "3d_cascade_fullres"}, "needs a network of 3d_lowres first"),
        ({"trainer": "nnUNetTrainer"}, "-tr nnUNetTrainer scores no candidates; choose one"),
        ({"name": "a b"}, "dataset name 'a b' cannot be a folder name"),
        ({"number": 999}, "dataset id '1000' is not a number from 1 to 999"),
        ({"images": Path("/nowhere")}, "/nowhere is not a folder"),
        ({"candidates": [Path("/nowhere")]}, "/nowhere"),
    ],
)
def test_wrong_options_are_one_line(request_, option, message):
    with pytest.raises(InputError, match=message) as caught:
        steps_of(replace(request_, **option), FOLDERS)
    assert "\n" not in str(caught.value)


def test_every_trainer_has_one_without_scores():
    from nnunet_deepstaple.trainers import variants  # and nnU-Net's own, which it imports

    stock = {stock_trainer(name) for name in variants.__all__ if "DeepSTAPLE" in name}
    base = {name for name in stock if not name.endswith(("epoch", "epochs"))}
    assert base == {"nnUNetTrainer", "nnUNetTrainerAdam1en3", "nnUNetTrainer_LRASPP"}
    assert "nnUNetTrainerAdam1en3_5epochs" in stock
    assert all(hasattr(variants, name) for name in {*base, "nnUNetTrainerAdam1en3_5epochs"})


def test_the_networks_lie_in_nnunets_folders(request_):
    first, second = networks_of(replace(request_, plans=SMALL), FOLDERS)
    model = "nnUNetTrainerDeepSTAPLE__nnUNetPlans_small__3d_fullres"
    assert first.fold == Path("/results/Dataset701_Mine") / model / "fold_0"
    assert second.labels == Path("/raw/Dataset702_MineFused/labelsTr")

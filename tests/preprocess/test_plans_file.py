"""Plans of a stranger, of another dataset, or damaged are one line."""

import json
from pathlib import Path

import pytest
from hypothesis import given

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.preprocess.plans_file import configurations_of, read_plans, require_planner, using
from nnunet_deepstaple.preprocess.sharing import choose_sharing

from ..fuzz import changed, fuzz, read_or_one_line
from .test_sharing import DATASET, plans

RAW = Path("Dataset701_Mine")


def read(path):
    """As a run of ds_preprocess uses plans, up to the first image."""
    content = read_plans(path.parent, path.stem, RAW, DATASET)
    names = configurations_of(content, None, path)
    for name in names:
        with using(path, name):
            choose_sharing(content, name, DATASET)
    return names


def write(path, content):
    path.write_text(json.dumps(content), encoding="utf-8", errors="surrogatepass")
    return path


def test_good_plans(tmp_path):
    assert read(write(tmp_path / "nnUNetPlans.json", plans())) == ["3d_fullres"]


@pytest.mark.parametrize("folder", ["../../evil", "/evil", "", ".."])
def test_plans_name_no_other_folder(tmp_path, folder):
    path = write(tmp_path / "nnUNetPlans.json", plans(data_identifier=folder))
    with pytest.raises(InputError, match="no folder's name; plan again"):
        read(path)


def test_plans_of_other_channels(tmp_path):
    content = plans()
    del content["foreground_intensity_properties_per_channel"]["1"]
    path = write(tmp_path / "nnUNetPlans.json", content)
    with pytest.raises(InputError, match=r"images of 1 channel, Dataset701_Mine has 2 channels; plan again"):
        read(path)


def test_an_unknown_preprocessor(tmp_path):
    path = write(tmp_path / "nnUNetPlans.json", plans(preprocessor_name="Nobody"))
    with pytest.raises(InputError, match=r"nnUNetPlans\.json: nnU-Net knows no preprocessor 'Nobody'"):
        read(path)


def test_a_planner_that_nnunet_does_not_have():
    require_planner("nnUNetPlannerResEncM")
    with pytest.raises(InputError, match="nnU-Net has no planner 'Nobody'"):
        require_planner("Nobody")


@fuzz
@given(content=changed(plans()))
def test_any_content(tmp_path, content):
    path = write(tmp_path / "nnUNetPlans.json", content)
    read_or_one_line(read, path)

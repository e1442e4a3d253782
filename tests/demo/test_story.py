import pytest

from nnunet_deepstaple.demo import story
from nnunet_deepstaple.demo.data import write_data


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    write_data(folder, images=1, candidates=2, test_images=1)
    return folder


def test_every_step_has_a_name_of_its_own(folder):
    names = [step.name for step in story.steps(folder, "cpu")]
    assert len(names) == len(set(names))


def test_every_network_uses_the_device(folder):
    devices = [step.words()[step.words().index("-device") + 1] for step in story.steps(folder, "cuda") if step.place]
    assert devices == ["cuda"] * 3


def test_the_demos_folders_are_its_own(folder, monkeypatch):
    monkeypatch.setenv("nnUNet_raw", "/elsewhere")
    assert story.settings(folder, "cpu")["nnUNet_raw"] == str(folder / "nnUNet_raw")
    assert "OMP_WAIT_POLICY" not in story.settings(folder, "cuda")

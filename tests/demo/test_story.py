from pathlib import Path

from nnunet_deepstaple.demo import story


def test_logs_sort_in_the_order_of_the_steps():
    names = [step.name for step in story.steps("cpu")]
    assert names == sorted(set(names))


def test_every_network_uses_the_device():
    devices = [
        step.command[step.command.index("-device") + 1] for step in story.steps("cuda") if "-device" in step.command
    ]
    assert devices == ["cuda"] * 3


def test_trainers_of_the_story_exist():
    from nnunet_deepstaple.trainers import variants

    assert hasattr(variants, story.FIRST_TRAINER)
    assert hasattr(variants, story.SECOND_TRAINER)


def test_commands_see_the_demos_folders_and_this_python_first(monkeypatch):
    monkeypatch.setenv("nnUNet_raw", "/elsewhere")
    environment = story.environment(Path("/demo"), "cpu")
    assert environment["nnUNet_raw"] == "/demo/nnUNet_raw"
    assert environment["OMP_WAIT_POLICY"] == "passive"
    assert "OMP_WAIT_POLICY" not in story.settings(Path("/demo"), "cuda")

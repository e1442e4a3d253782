import sys

import pytest

from nnunet_deepstaple.errors import InputError, RunError
from scripts.experiments.common.training import Budget
from scripts.experiments.common.workspace import Workspace, require_folder


def test_a_command_that_has_finished_is_skipped(tmp_path, capsys):
    workspace = Workspace(tmp_path)
    count = "import pathlib; pathlib.Path('count').open('a').write('x')"
    for _ in range(2):
        workspace.run("step", sys.executable, "-c", count.replace("count'", f"{tmp_path}/count'"))
    assert (tmp_path / "count").read_text(encoding="utf-8") == "x"
    assert "finished before, skipped" in capsys.readouterr().out


def test_a_command_that_fails_is_run_again(tmp_path):
    workspace = Workspace(tmp_path)
    for _ in range(2):
        with pytest.raises(RunError, match="ended with status 3"):
            workspace.run("step", sys.executable, "-c", "raise SystemExit(3)")
    assert (tmp_path / "steps/step.log").is_file()


def test_commands_find_the_workspace_and_the_trainers(tmp_path):
    environment = Workspace(tmp_path).environment("5x10_seed1") | Budget(5, 10, 1).variables
    assert environment["nnUNet_results"] == str(tmp_path / "results/5x10_seed1")
    assert environment["nnUNet_extTrainer"].endswith("ext_trainers")
    assert environment["EXPERIMENT_VAL_ITERATIONS"] == "2"


def test_a_folder_that_is_missing_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="give the data set"):
        require_folder(tmp_path / "none", "the data set")

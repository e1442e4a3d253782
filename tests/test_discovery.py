import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnunet_deepstaple import discovery

FIND = """
from nnunetv2.utilities.find_objects import recursive_find_trainer_class_by_name as find
import sys
for name in sys.argv[1:]:
    print("FOUND", find(name).__name__)
"""


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python afresh with nnU-Net's variable unset, unless given."""
    clean = {name: value for name, value in os.environ.items() if name != discovery.VARIABLE}
    return subprocess.run(
        [sys.executable, *arguments], env=clean | environment, encoding="utf-8", capture_output=True, check=False
    )


@pytest.mark.slow
def test_found_with_no_set_up() -> None:
    names = ("nnUNetTrainerDeepSTAPLE", "nnUNetTrainerDeepSTAPLE_Adam1en3_5epochs", "nnUNetTrainerAdam1en3_10epochs")
    printed = python("-c", FIND, *names).stdout
    assert all(f"FOUND {name}" in printed for name in names)


@pytest.mark.slow
def test_found_beside_the_users_own_trainers(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer\nclass Mine(nnUNetTrainer): pass\n"
    )
    printed = python("-c", FIND, "Mine", "nnUNetTrainerDeepSTAPLE", **{discovery.VARIABLE: str(tmp_path)}).stdout
    assert "FOUND Mine" in printed
    assert "FOUND nnUNetTrainerDeepSTAPLE" in printed


@pytest.mark.slow
def test_opting_out() -> None:
    result = python("-c", FIND, "nnUNetTrainerDeepSTAPLE", **{discovery.OPT_OUT: "0"})
    assert result.returncode != 0
    assert "Could not find requested nnunet trainer" in result.stderr


@pytest.mark.slow
def test_the_export_line() -> None:
    folder = python("-m", "nnunet_deepstaple.discovery", **{discovery.OPT_OUT: "0"}).stdout.strip()
    assert [path.name for path in Path(folder).glob("*.py")] == ["nnUNetTrainerDeepSTAPLE.py"]
    environment = {discovery.OPT_OUT: "0", discovery.VARIABLE: folder}
    assert "FOUND nnUNetTrainerDeepSTAPLE" in python("-c", FIND, "nnUNetTrainerDeepSTAPLE", **environment).stdout


def test_named_once_however_often_python_starts() -> None:
    inner = f"import os; print(os.environ['{discovery.VARIABLE}'])"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    assert python("-c", outer).stdout.strip() == discovery.FOLDER


def test_starting_python_imports_nothing_else() -> None:
    heavy = "[m for m in sys.modules if m.startswith('nnunet') or m in ('numpy', 'torch', 'SimpleITK')]"
    printed = python("-c", f"import sys; print({heavy})").stdout
    assert printed.strip() == "['nnunet_deepstaple', 'nnunet_deepstaple.discovery']"

"""Installing and uninstalling the package, and whether nnU-Net finds its trainers then."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from nnunet_deepstaple import discovery

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parent.parent
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
FIND = """
import nnunetv2
from nnunetv2.utilities.find_objects import recursive_find_trainer_class_by_name as find
print("nnU-Net", nnunetv2.__path__[0])
find("nnUNetTrainer")
find("nnUNetTrainerDeepSTAPLE")
print("FOUND")
"""


class Environment:
    """A fresh virtual environment that sees the packages of this one, but for ours and, if asked, for nnU-Net."""

    def __init__(self, folder: Path, *, with_nnunet: bool) -> None:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        self.python = folder / "bin" / "python"
        self.site_packages = next(folder.glob("lib/python*/site-packages"))
        self.seen = folder / "seen_from_here"
        self.seen.mkdir()
        for path in SITE_PACKAGES.iterdir():
            if "nnunet" not in path.name or (with_nnunet and path.name.startswith("nnunetv2")):
                (self.seen / path.name).symlink_to(path)
        (self.site_packages / "seen_from_here.pth").write_text(f"{self.seen}\n")

    def pip(self, *arguments: object) -> None:
        quiet = ("--quiet", "--disable-pip-version-check")
        subprocess.run([self.python, "-m", "pip", *map(str, arguments), *quiet], check=True, cwd="/")

    def finds_the_trainer(self, nnunet: Path) -> bool:
        clean = {name: value for name, value in os.environ.items() if name != discovery.VARIABLE}
        result = subprocess.run(
            [self.python, "-c", FIND], env=clean, encoding="utf-8", capture_output=True, cwd="/", check=False
        )
        assert f"nnU-Net {nnunet}" in result.stdout, result.stderr
        assert "FOUND" in result.stdout or "Could not find requested nnunet trainer" in result.stderr, result.stderr
        return "FOUND" in result.stdout

    def files(self) -> set[Path]:
        return {path for path in self.site_packages.rglob("*") if "__pycache__" not in path.parts}


@pytest.mark.parametrize("nnunet_is", ["installed", "editable"])
def test_install_and_uninstall(nnunet_is: str, tmp_path: Path) -> None:
    environment = Environment(tmp_path / "env", with_nnunet=nnunet_is == "installed")
    nnunet = environment.seen / "nnunetv2"
    if nnunet_is == "editable":
        nnunet = editable_nnunet(environment, tmp_path / "clone") / "nnunetv2"
    before = environment.files()
    assert not environment.finds_the_trainer(nnunet)
    environment.pip("wheel", "--no-deps", "--wheel-dir", tmp_path, PROJECT)
    for what in ([next(tmp_path.glob("*.whl"))], ["--editable", PROJECT]):
        environment.pip("install", "--no-deps", *what)
        assert environment.finds_the_trainer(nnunet)
        environment.pip("uninstall", "--yes", "nnunet-deepstaple")
        assert environment.files() == before  # as when nnU-Net did not find it


def editable_nnunet(environment: Environment, clone: Path) -> Path:
    """Copy nnU-Net's sources and install them as a developer of nnU-Net does."""
    shutil.copytree(SITE_PACKAGES / "nnunetv2", clone / "nnunetv2", ignore=shutil.ignore_patterns("__pycache__"))
    (clone / "pyproject.toml").write_text(
        '[project]\nname = "nnunetv2"\nversion = "2.8.1"\n[tool.setuptools.packages.find]\ninclude = ["nnunetv2*"]\n'
    )
    environment.pip("install", "--no-deps", "--editable", clone)
    return clone

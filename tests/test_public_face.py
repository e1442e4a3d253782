"""What the documentation tells people to import: it works as shown, and costs little."""

import doctest
import subprocess
import sys
from importlib.resources import files

import pytest

import nnunet_deepstaple.fusion
import nnunet_deepstaple.scoring
from nnunet_deepstaple.fusion.rules.by_name import RULES

FUSION = nnunet_deepstaple.fusion
SHOWN = [FUSION.fuse, FUSION.fuse_folder, *map(RULES.get, RULES)]


def test_the_examples_run():
    outcome = doctest.testmod(FUSION)
    assert outcome.attempted > 5
    assert outcome.failed == 0


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown.__name__)
def test_what_does_a_fusion_has_an_example_that_runs(shown):
    (example,) = doctest.DocTestFinder(recurse=False).find(shown, globs={**vars(sys.modules[shown.__module__])})
    outcome = doctest.DocTestRunner().run(example)
    assert outcome.attempted > 3
    assert outcome.failed == 0


def test_every_name_is_there():
    for face in (nnunet_deepstaple.fusion, nnunet_deepstaple.scoring):
        assert all(hasattr(face, name) for name in face.__all__)


def test_the_package_is_typed():
    assert (files("nnunet_deepstaple") / "py.typed").is_file()


def test_neither_torch_nor_nnunet_is_imported():
    imports = "import sys, nnunet_deepstaple.fusion, nnunet_deepstaple.scoring"
    code = f"{imports}; print({{'torch', 'nnunetv2', 'SimpleITK', 'scipy'}} & {{*sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.strip() == "set()"


def test_users_find_the_mixin_where_the_readme_says():
    from nnunet_deepstaple.trainers.mixin import DeepSTAPLEMixin

    assert DeepSTAPLEMixin.__module__ == "nnunet_deepstaple.trainers.mixin"

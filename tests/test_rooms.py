"""Each room of the package uses only the rooms below it, and few of them meet torch and nnU-Net."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nnunet_deepstaple

PACKAGE = Path(nnunet_deepstaple.__file__).parent
FOUNDATION = {"errors", "processes", "process_pool", "progress", "cluster", "discovery", "wording"}
"""Modules that stand beside the rooms, for all of them."""

BELOW: dict[str, set[str]] = {
    "files": set(),
    "datasets": {"files"},
    "scoring": {"files", "datasets"},
    "preprocess": {"files", "datasets"},
    "fusion": {"files", "datasets", "scoring"},
    "trainers": {"files", "datasets", "scoring", "fusion"},
    "ranking": {"files", "datasets", "scoring", "fusion"},
    "report": {"files", "datasets", "scoring", "fusion", "ranking"},
    "workflow": {"files", "datasets"},
    "demo": {"files", "datasets", "scoring", "workflow"},
    "commands": {
        *("files", "datasets", "preprocess", "scoring", "fusion", "trainers", "ranking", "report", "workflow", "demo")
    },
    "nnunet_ext_trainers": {"trainers"},
}
"""The rooms that each room may use besides itself."""

FUSION = ("votes", "decision", "weights", "rules", "record", "planning")
"""Rooms of the fusion, from the bottom up; the modules beside them run a plan and use all of them."""

WITHOUT_NETWORK = ("files", "scoring", "fusion", "ranking", "report")
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.glob("*/**/*.py"))


def imported(module: str) -> Iterator[str]:
    """Full names of all that a module imports, inside functions too."""
    package = ["nnunet_deepstaple", *Path(module).parts[:-1]]
    for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            yield from (".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names)


def test_the_rooms_are_those_of_the_plan():
    assert {Path(module).parts[0] for module in MODULES} <= BELOW.keys()
    assert {path.stem for path in PACKAGE.glob("*.py")} == FOUNDATION | {"__init__"}


@pytest.mark.parametrize("module", MODULES)
def test_a_room_uses_those_below_it(module):
    room = Path(module).parts[0]
    own = [name.split(".")[1] for name in imported(module) if name.startswith("nnunet_deepstaple.")]
    assert set(own) <= BELOW[room] | FOUNDATION | {room, "__version__"}


@pytest.mark.parametrize("room", FUSION)
def test_a_room_of_the_fusion_uses_those_before_it(room):
    for path in (PACKAGE / "fusion" / room).glob("*.py"):
        names = [name.split(".") for name in imported(path.relative_to(PACKAGE).as_posix())]
        used = {name[2] for name in names if name[:2] == ["nnunet_deepstaple", "fusion"]}
        assert used <= {*FUSION[: FUSION.index(room) + 1]}, path


def test_no_module_needs_itself():
    """Files form no circle, within rooms and between them."""
    known = {".".join(["nnunet_deepstaple", *Path(module).with_suffix("").parts]): module for module in MODULES}
    needs = {
        name: {used for one in imported(module) for used in (one, one.rpartition(".")[0]) if used in known} - {name}
        for name, module in known.items()
    }
    while free := {name for name, needed in needs.items() if not needed & needs.keys()}:
        needs = {name: needed for name, needed in needs.items() if name not in free}
    assert not needs


@pytest.mark.parametrize("module", [module for module in MODULES if Path(module).parts[0] in WITHOUT_NETWORK])
def test_these_rooms_need_no_network(module):
    assert not {name.partition(".")[0] for name in imported(module)} & {"torch", "nnunetv2"}


@pytest.mark.parametrize("room", [*WITHOUT_NETWORK, "datasets", "workflow.main_job"])
def test_importing_a_room_is_cheap(room):
    code = f"import sys, nnunet_deepstaple.{room}; print({{'torch', 'nnunetv2', 'matplotlib'}} & sys.modules.keys())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.strip() == "set()"


def test_ds_fuse_starts_at_once():
    """What a single image without a terminal may not need is imported where it is needed."""
    late = {"multiprocessing", "tqdm", "SimpleITK", "scipy", "nibabel", "socket", "statistics"}
    code = f"import sys, nnunet_deepstaple.commands.fuse; print({late} & sys.modules.keys())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.strip() == "set()"

"""The folder an experiment works in, and the commands that run in it: whatever has finished is skipped."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.workflow.environment import ON_A_CPU, environment_with
from nnunet_deepstaple.workflow.job import run_step
from nnunet_deepstaple.workflow.step import Step

REPOSITORY = Path(__file__).resolve().parents[3]
EXT_TRAINERS = Path(__file__).resolve().parents[1] / "ext_trainers"


@dataclass(frozen=True)
class Workspace:
    """nnU-Net's three folders and the logs of the commands, in one folder."""

    folder: Path

    @property
    def raw(self) -> Path:
        return self.folder / "raw"

    @property
    def preprocessed(self) -> Path:
        return self.folder / "preprocessed"

    def environment(self, results: str = "") -> dict[str, str]:
        """Environment of nnU-Net's commands; ``results`` is a subfolder for the networks of one budget and seed."""
        search = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
        ours = {"nnUNet_def_n_proc": "1", "nnUNet_n_proc_DA": "1", "nnUNet_compile": "f", **ON_A_CPU}
        ours["PYTHONWARNINGS"] = "ignore"
        return environment_with(
            {
                **{name: value for name, value in ours.items() if name not in os.environ},
                "nnUNet_raw": str(self.raw),
                "nnUNet_preprocessed": str(self.preprocessed),
                "nnUNet_results": str(self.folder / "results" / results),
                "nnUNet_extTrainer": str(EXT_TRAINERS),
                "PYTHONPATH": os.pathsep.join(search),
            }
        )

    def run(self, name: str, *command: object, environment: Mapping[str, str] | None = None) -> float:
        """Run one command, unless it has finished before, and give the seconds it took.

        Raises:
            RunError: its exit status is not 0; the message names the log.
        """
        step = Step(name, "a command of the experiment", [str(word) for word in command])
        return run_step(step, self.folder, environment or self.environment())

    def python(self, name: str, module: str, *arguments: object) -> None:
        """Run a module as a command."""
        self.run(name, sys.executable, "-m", module, *arguments)


def require_folder(path: Path, what: str) -> Path:
    """Give ``path`` absolute.

    Raises:
        InputError: it is no folder.
    """
    if not path.is_dir():
        raise InputError(f"{path} is not a folder; give {what}")
    return path.absolute()

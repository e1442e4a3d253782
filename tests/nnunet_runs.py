"""Real nnU-Net commands on a small generated dataset, for the slow tests."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nnunet_deepstaple.datasets.small_plans import SMALL
from nnunet_deepstaple.workflow.environment import environment_with

EXT_TRAINERS = Path(__file__).parent / "ext_trainers"
SETTINGS = {"nnUNet_def_n_proc": "1", "OMP_WAIT_POLICY": "passive", "PYTHONWARNINGS": "ignore"}


@dataclass(frozen=True)
class Workspace:
    """nnU-Net's three folders, and the commands that run in them with one of the plans."""

    raw: Path
    preprocessed: Path
    results: Path
    plans: str = SMALL

    @classmethod
    def within(cls, folder: Path) -> "Workspace":
        """Workspace with new folders in ``folder``."""
        paths = [folder / name for name in ("raw", "preprocessed", "results")]
        for path in paths:
            path.mkdir()
        return cls(*paths)

    @property
    def environment(self) -> dict[str, str]:
        return environment_with(
            {
                "nnUNet_raw": str(self.raw),
                "nnUNet_preprocessed": str(self.preprocessed),
                "nnUNet_results": str(self.results),
                "nnUNet_extTrainer": str(EXT_TRAINERS),
                **SETTINGS,
            }
        )

    def run(self, command: str, *arguments: object) -> str:
        """Run a command of the environment to its end and give what it printed."""
        process = Command.start(command, *map(str, arguments), environment=self._environment_of(command))
        status, printed = process.wait(), process.printed()
        assert status == 0, f"{command} ended with {status}:\n{printed[-4000:]}"
        return printed

    def train(self, dataset: int, configuration: str, trainer: str, *more: str, fold: object = 0) -> str:
        return self.run(*self._training(dataset, configuration, trainer, fold), *more)

    def break_off_training(
        self, dataset: int, configuration: str, trainer: str, *, at: str, later: float, by: signal.Signals
    ) -> None:
        """Start a training and send it a signal some seconds after it prints ``at``."""
        command, *arguments = self._training(dataset, configuration, trainer, 0)
        process = Command.start(command, *arguments, environment=self._environment_of(command))
        while at not in process.printed():
            assert process.is_running(), f"the training ended without printing {at!r}:\n{process.printed()[-4000:]}"
            time.sleep(0.05)
        time.sleep(later)
        os.killpg(process.id, by)
        assert process.wait() != 0

    def fold(self, dataset: str, configuration: str, trainer: str, fold: object = 0) -> Path:
        """Where a training leaves its results."""
        return self.results / dataset / f"{trainer}__{self.plans}__{configuration}" / f"fold_{fold}"

    def _training(self, dataset: int, configuration: str, trainer: str, fold: object) -> list[str]:
        options = ["-tr", trainer, "-p", self.plans, "-device", "cpu"]
        return ["nnUNetv2_train", str(dataset), configuration, str(fold), *options]

    def _environment_of(self, command: str) -> dict[str, str]:
        # In the training process itself, augmentation draws from the seeds of the test's trainers.
        seeded = {"nnUNet_n_proc_DA": "0"} if command == "nnUNetv2_train" else {}
        return self.environment | seeded


@dataclass
class Command:
    """A command that a server of this test session runs (:mod:`.nnunet_server`)."""

    id: int
    output: Path

    @classmethod
    def start(cls, command: str, *arguments: str, environment: Mapping[str, str]) -> "Command":
        descriptor, output = tempfile.mkstemp(suffix=f".{command}.log")
        os.close(descriptor)
        request = {"command": command, "arguments": arguments, "environment": environment, "output": output}
        print(json.dumps(request), file=_server().stdin, flush=True)
        return cls(_answer(), Path(output))

    def printed(self) -> str:
        """What it has printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def is_running(self) -> bool:
        try:
            os.kill(self.id, 0)
        except ProcessLookupError:  # the server waits for it, so that it leaves no zombie
            return False
        return True

    def wait(self) -> int:
        """Its exit status, negative for a signal."""
        return _answer()


@cache
def _server() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.nnunet_server"],
        cwd=Path(__file__).parents[1],
        env=environment_with(SETTINGS),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )


def _answer() -> int:
    answers = _server().stdout
    assert answers is not None
    return int(answers.readline())

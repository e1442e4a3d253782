"""Real nnU-Net commands on a small generated dataset, for the slow tests."""

import io
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from nnunet_deepstaple.datasets.small_plans import SMALL
from nnunet_deepstaple.workflow.environment import environment_with
from nnunet_deepstaple.workflow.process import run_command

EXT_TRAINERS = Path(__file__).parent / "ext_trainers"


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
                "nnUNet_def_n_proc": "1",
                "OMP_WAIT_POLICY": "passive",
                "PYTHONWARNINGS": "ignore",
            }
        )

    def run(self, command: str, *arguments: object) -> str:
        """Run a command of the environment to its end and give what it printed."""
        printed = io.StringIO()
        status = run_command([command, *map(str, arguments)], printed, self._environment_of(command))
        assert status == 0, f"{command} ended with {status}:\n{printed.getvalue()[-4000:]}"
        return printed.getvalue()

    def train(self, dataset: int, configuration: str, trainer: str, *more: str, fold: object = 0) -> str:
        return self.run(*self._training(dataset, configuration, trainer, fold), *more)

    def break_off_training(
        self, dataset: int, configuration: str, trainer: str, *, at: str, later: float, by: signal.Signals
    ) -> None:
        """Start a training and send it a signal some seconds after it prints ``at``."""
        command, *arguments = self._training(dataset, configuration, trainer, 0)
        process = subprocess.Popen(
            [command, *arguments],
            env=self._environment_of(command),
            encoding="utf-8",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_restore_interrupts,  # noqa: PLW1509 (no threads here)
        )
        assert process.stdout is not None
        assert any(at in line for line in process.stdout), f"the training ended without printing {at!r}"
        time.sleep(later)
        os.killpg(process.pid, by)
        process.communicate()
        assert process.returncode != 0

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


def _restore_interrupts() -> None:
    """Let Ctrl-C through, which shells hide from what they start in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)

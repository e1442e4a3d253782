"""Real nnU-Net commands on a small generated dataset, for the slow tests."""

import os
import signal
import subprocess
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

from nnunet_deepstaple.datasets.small_plans import SMALL

EXT_TRAINERS = Path(__file__).parent / "ext_trainers"
SCRIPTS = Path(sysconfig.get_path("scripts"))


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
        return os.environ | {
            "nnUNet_raw": str(self.raw),
            "nnUNet_preprocessed": str(self.preprocessed),
            "nnUNet_results": str(self.results),
            "nnUNet_extTrainer": str(EXT_TRAINERS),
            "nnUNet_def_n_proc": "1",
            "OMP_WAIT_POLICY": "passive",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
        }

    def run(self, command: str, *arguments: object) -> str:
        """Run a command of the environment to its end and give what it printed."""
        process = self._start(command, *arguments)
        printed, _ = process.communicate()
        assert process.returncode == 0, f"{command} ended with {process.returncode}:\n{printed[-4000:]}"
        return printed

    def train(self, dataset: int, configuration: str, trainer: str, *more: str, fold: object = 0) -> str:
        return self.run(*self._training(dataset, configuration, trainer, fold), *more)

    def break_off_training(
        self, dataset: int, configuration: str, trainer: str, *, at: str, later: float, by: signal.Signals
    ) -> None:
        """Start a training and send it a signal some seconds after it prints ``at``."""
        process = self._start(*self._training(dataset, configuration, trainer, 0))
        assert process.stdout is not None
        assert any(at in line for line in process.stdout), f"the training ended without printing {at!r}"
        time.sleep(later)
        os.killpg(process.pid, by)
        process.communicate()
        assert process.returncode != 0

    def fold(self, dataset: str, configuration: str, trainer: str, fold: object = 0) -> Path:
        """Where a training leaves its results."""
        return self.results / dataset / f"{trainer}__{self.plans}__{configuration}" / f"fold_{fold}"

    def _training(self, dataset: int, configuration: str, trainer: str, fold: object) -> list[object]:
        return ["nnUNetv2_train", dataset, configuration, fold, "-tr", trainer, "-p", self.plans, "-device", "cpu"]

    def _start(self, command: object, *arguments: object) -> subprocess.Popen[str]:
        # In the training process itself, augmentation draws from the seeds of the test's trainers.
        seeded = {"nnUNet_n_proc_DA": "0"} if command == "nnUNetv2_train" else {}
        return subprocess.Popen(
            [SCRIPTS / str(command), *map(str, arguments)],
            env=self.environment | seeded,
            encoding="utf-8",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_restore_interrupts,  # noqa: PLW1509 (no threads here)
        )


def _restore_interrupts() -> None:
    """Let Ctrl-C through, which shells hide from what they start in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)

"""The folder an experiment works in, and the commands that run in it: whatever has finished is skipped."""

import os
import shlex
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nnunet_deepstaple.errors import InputError, RunError

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
        commands = [sysconfig.get_path("scripts"), os.environ.get("PATH", "")]
        return {
            "OMP_WAIT_POLICY": "passive",
            "nnUNet_def_n_proc": "1",
            "nnUNet_n_proc_DA": "1",
            "nnUNet_compile": "f",
            "PYTHONWARNINGS": "ignore",
            **os.environ,
            "nnUNet_raw": str(self.raw),
            "nnUNet_preprocessed": str(self.preprocessed),
            "nnUNet_results": str(self.folder / "results" / results),
            "nnUNet_extTrainer": str(EXT_TRAINERS),
            "PYTHONPATH": os.pathsep.join(search),
            "PATH": os.pathsep.join(commands),
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, name: str, *command: object, environment: Mapping[str, str] | None = None) -> float:
        """Run one command, unless its log says that it has finished, and give the seconds it took.

        Raises:
            RunError: its exit status is not 0; the message names the log.
        """
        words = [str(word) for word in command]
        log = self.folder / "logs" / f"{name}.log"
        if log.is_file():
            print(f"skipped     {name}: finished before (remove {log} to run it again)", flush=True)
            return seconds_of(log)
        log.parent.mkdir(parents=True, exist_ok=True)
        unfinished = log.with_suffix(".unfinished")
        print(f"running     {shlex.join(words)}", flush=True)
        started = time.monotonic()
        with unfinished.open("a", encoding="utf-8") as file:
            file.write(f"$ {shlex.join(words)}\n")
            file.flush()
            status = subprocess.run(
                words, stdout=file, stderr=subprocess.STDOUT, env=environment or self.environment(), check=False
            ).returncode
            seconds = time.monotonic() - started
            if not status:
                file.write(f"{_SECONDS}{seconds:.0f}\n")
        if status:
            raise RunError(f"'{words[0]}' ended with status {status}; its output is in {unfinished}")
        unfinished.rename(log)
        print(f"finished    {name} in {seconds:.0f} s", flush=True)
        return seconds

    def python(self, name: str, module: str, *arguments: object) -> None:
        """Run a module as a command."""
        self.run(name, sys.executable, "-m", module, *arguments)


_SECONDS = "seconds: "


def seconds_of(log: Path) -> float:
    """Wall-clock seconds that the command of a finished log took, less those of broken-off runs before it."""
    last = log.read_text(encoding="utf-8", errors="replace").rstrip().rpartition("\n")[2]
    return float(last.removeprefix(_SECONDS)) if last.startswith(_SECONDS) else float("nan")


def require_folder(path: Path, what: str) -> Path:
    """Give ``path`` absolute.

    Raises:
        InputError: it is no folder.
    """
    if not path.is_dir():
        raise InputError(f"{path} is not a folder; give {what}")
    return path.absolute()

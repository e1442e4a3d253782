"""Commands that are killed at random moments and run again: the end is that of an undisturbed run, nothing is left.

python -m tests.commands.kills_of_all FOLDER [COMMAND …]     a hundred kills by SIGKILL and a hundred by SIGTERM

Half of the kills come at any moment, half within a twentieth of a second after a file appears. Every second pair of
kills is followed by a run with ``--continue``, where the command has that. Of SIGKILL, every second four take the
workers too. What was found stands in FOLDER/found.txt; called again, the script goes on with what does not.
"""

import contextlib
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from nnunet_deepstaple.demo.data import write_data
from nnunet_deepstaple.workflow.environment import environment_with

from ..nnunet_runs import SETTINGS

VISITS = Path(__file__).parents[1] / "data/hippocampus/fold_0"
FOLDERS = {f"nnUNet_{name}": f"nn/{name}" for name in ("raw", "preprocessed", "results")}

LATE = "after the end"

Files = dict[str, bytes | None]
"""Content of each file below a folder, by its path; None for folders."""


@dataclass(frozen=True)
class Job:
    """A command as it is run.

    Attributes:
        words: the command and its options.
        before: what has to have run, each a command and its options.
        continues: whether it has ``--continue``.
        share: how many of a hundred kills it gets; fewer if it takes long.
    """

    words: str
    share: int = 0
    before: tuple[str, ...] = ()
    continues: bool = False


PREPARE = "ds_prepare -i images -l candidates -d 1 -n Kills -np 2"
PLAN = "ds_plan_and_preprocess -d 1 -c 2d -np 2"
UNDO = "rm -r nn/preprocessed/Dataset001_Kills/nnUNetPlans_2d nn/preprocessed/Dataset001_Kills/gt_segmentations"
JOBS = {
    "ds_prepare": Job(PREPARE, 17),
    "ds_plan_and_preprocess": Job(PLAN, 7, (PREPARE,), continues=True),
    "ds_preprocess": Job("ds_preprocess -d 1 -c 2d -np 2", 9, (PREPARE, PLAN, UNDO), continues=True),
    "ds_score": Job("ds_score -i fold_0 -o made/scores.csv -last_part 0.5", 18),
    "ds_fuse": Job("ds_fuse -i candidates -o fused -np 2 --save_probabilities --save_agreement", 19, continues=True),
    "ds_report": Job("ds_report -i candidates -images images -o report -np 2", 12, continues=True),
    "ds_rank": Job("ds_rank -i candidates -o ranking -np 2", 12),
    "ds_run": Job("ds_run -i images -l candidates -d 1 -n Kills -o job -c 2d -device cpu -until preprocess", 6),
}  # fmt: skip


def files_below(folder: Path) -> Files:
    """All files and folders below ``folder``."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }


def names_below(folder: Path) -> set[str]:
    """Paths of all files below ``folder``, while they come and go."""
    return {f"{where}/{name}" for where, _, names in os.walk(folder) for name in names}


class Place:
    """A folder in which one command runs again and again, each time from the same beginning."""

    def __init__(self, folder: Path, job: Job, images: int) -> None:
        self.job = job
        self.path = folder / "place"
        self._begin = folder / "begin"
        write_data(self._begin, images=images, candidates=3, test_images=0)
        shutil.copytree(VISITS, self._begin / "fold_0")
        for name in FOLDERS.values():
            (self._begin / name).mkdir(parents=True)
        self.renew()
        for words in job.before:
            assert self.start(words).wait() == 0, self.printed
        shutil.rmtree(self._begin)
        shutil.copytree(self.path, self._begin)
        self.names = names_below(self.path)

    def renew(self) -> None:
        """Make the folder as it was before the command."""
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(self._begin, self.path)

    def start(self, words: str, log: Path | None = None) -> "subprocess.Popen[bytes]":
        """Start a command in the folder, whose output goes to ``log``."""
        settings = {name: str(self.path / path) for name, path in FOLDERS.items()} | SETTINGS
        with (log or self.path.parent / "printed").open("w") as file:
            options = {"cwd": self.path, "env": environment_with(settings), "stdout": file, "stderr": file}
            return subprocess.Popen(words.split(), start_new_session=True, **options)

    @property
    def printed(self) -> str:
        """What the last command printed."""
        return (self.path.parent / "printed").read_text()

    def wait_until_something_is_written(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait for the first file, or the end."""
        while process.poll() is None and names_below(self.path) == self.names:
            time.sleep(0.001)

    def kill_all(self) -> None:
        """Kill all that is at work in the folder, as if the machine failed."""
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def processes_left(self) -> dict[int, str]:
        """Processes that are at work in the folder, after time to end."""
        for _ in range(200):
            if not (found := self.processes()):
                break
            time.sleep(0.1)
        return found

    def processes(self) -> dict[int, str]:
        """Processes that are at work in the folder, and their command lines."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "cwd").readlink() == self.path:
                    found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")[:80]
            except OSError:
                continue
        return found


def volatile(first: Files, second: Files) -> set[str]:
    """Files that differ between two undisturbed runs, for they hold times of the clock, and logs of what happened."""
    assert first.keys() == second.keys(), first.keys() ^ second.keys()
    return {name for name in first if first[name] != second[name] or name.endswith(".log")}


def temporaries(files: Files) -> list[str]:
    """What no command may leave that had the time to clean up."""
    return [name for name in files if ".tmp." in name or name.endswith((".lock", ".unfinished"))]


def check_kills(place: Place, kills: int, by: signal.Signals, draw: random.Random) -> str:
    """Kill a command again and again; say where it was hit."""
    runs = []
    began = time.monotonic()
    for _ in range(2):
        place.renew()
        assert place.start(place.job.words).wait() == 0, place.printed
        runs.append(files_below(place.path))
    duration = (time.monotonic() - began) / 2
    may_differ = volatile(*runs)
    whole = {name: content for name, content in runs[1].items() if name not in may_differ}
    hits: Counter[str] = Counter()
    for number in itertools.count():
        if hits.total() - hits[LATE] == kills:
            break
        place.renew()
        process = place.start(place.job.words)
        if number % 2:
            place.wait_until_something_is_written(process)
            time.sleep(draw.uniform(0, 0.05))
        else:
            time.sleep(draw.uniform(0, duration))
        writing = names_below(place.path) != place.names
        process.send_signal(by)
        status = process.wait()
        if by == signal.SIGKILL and number % 8 > 3:
            place.kill_all()
        found = files_below(place.path)
        if status == 0:
            hits[LATE] += 1
        else:
            hits["at writing" if writing else "before writing"] += 1
        if by == signal.SIGTERM and status not in (0, -by):  # -15: Python had not begun to run the command
            assert status == 143, (status, place.printed)
            assert "Traceback" not in place.printed, place.printed
            assert not (left := temporaries(found)) or place.job.continues, left
        again = place.job.words + (" --continue" if place.job.continues and number % 4 > 1 else "")
        if place.job.words.startswith("ds_prepare") and "nn/raw/Dataset001_Kills" in found:
            again = "true"  # the dataset is there, and whole: a second one is refused
        assert place.start(again).wait() == 0, (again, place.printed)
        after = files_below(place.path)
        assert after.keys() == runs[1].keys(), (number, by, sorted(after.keys() ^ runs[1].keys()), place.printed)
        different = [name for name in whole if after[name] != whole[name]]
        assert different == [], (number, different)
        assert (processes := place.processes_left()) == {}, processes
    shown = ", ".join(f"{count} {where}" for where, count in sorted(hits.items()))
    also = f"; not compared: {', '.join(sorted(may_differ))}" if may_differ else ""
    return f"{by.name} {kills}: {shown}; {len(whole)} files and folders the same each time{also}"


def main() -> None:
    folder, chosen = Path(sys.argv[1]).absolute(), sys.argv[2:] or list(JOBS)
    folder.mkdir(parents=True, exist_ok=True)
    found = folder / "found.txt"
    for name in chosen:
        for by in (signal.SIGKILL, signal.SIGTERM):
            known = found.read_text() if found.exists() else ""
            if f"{name} {by.name} " not in known:
                shutil.rmtree(folder / name, ignore_errors=True)
                place = Place(folder / name, JOBS[name], images=4)
                line = f"{name} {check_kills(place, place.job.share, by, random.Random(3))}\n"
                found.write_text(known + line)
                sys.stdout.write(line)
                sys.stdout.flush()


if __name__ == "__main__":
    main()

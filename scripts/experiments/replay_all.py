"""All replays behind docs/results.md in one command: from the logs that evidence/logs.zip keeps, without a training.

Candidates that are not part of the data are registered again first (needs convexAdam). Makes the rows of every set of
candidates (sweep), of the trust in predictions on each, and of the choice carried over between all of them (transfer).
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.errors import RunError

from ..evidence.logs import run_folder, run_names
from .common.workspace import REPOSITORY, require_folder

EXAMPLES = """\
  python -m scripts.experiments.replay_all -data hippocampus -w work -o work/rows
  python -m scripts.experiments.replay_all -data hippocampus -w work -o work/rows -sets given
"""


@dataclass(frozen=True)
class CandidateSet:
    """Images with candidates, their true labels, and how the candidates are made.

    Attributes:
        name: beginning of the names of its kept runs.
        shown: its name in the rows.
        images: folder of the images in the data.
        oracle: folder of their true labels.
        atlases: folder with ``images/`` and ``labels/`` to register from.
        registrations: options of register_convexadam, one list for each time it is called; none for given candidates.
    """

    name: str
    shown: str
    images: str
    oracle: str
    atlases: str = "atlases"
    registrations: Sequence[str] = ()

    @property
    def runs(self) -> list[str]:
        """Names of its kept runs."""
        return [name for name in run_names() if name.startswith(f"{self.name}_seed")]

    def candidates(self, data: Path, work: Path) -> Path:
        """Folder of the candidates."""
        return work / self.name if self.registrations else data / "candidates"


SETS = (
    CandidateSet("given", "given", "images", "oracle"),
    CandidateSet("convexadam", "ConvexAdam", "images", "oracle", registrations=[""]),
    CandidateSet(
        "other",
        "other",
        "test/images",
        "test/labels",
        registrations=["-seed 1 -grid_sp 4 -disp_hw 3 -niter 40 -lambda_weight 0.6"],
    ),
    CandidateSet(
        "swapped",
        "swapped",
        "atlases/images",
        "atlases/labels",
        "test",
        ["-k 5 -seed 2", "-k 5 -seed 3 -grid_sp 8 -disp_hw 2 -niter 5 -lambda_weight 3"],
    ),
)


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("replay_all", __doc__ or "", EXAMPLES)
    arguments.add_argument("-data", required=True, type=Path, help="images/, candidates/, oracle/, atlases/ and test/")
    arguments.add_argument("-w", required=True, type=Path, metavar="FOLDER", help="folder for registered candidates")
    arguments.add_argument("-o", required=True, type=Path, metavar="FOLDER", help="folder for the rows")
    names = [one.name for one in SETS]
    arguments.add_argument("-sets", nargs="+", choices=names, default=names, help="which; the transfer needs all (all)")
    given = arguments.parse_args()
    data = require_folder(given.data, "the data set, with images/, candidates/, oracle/, atlases/ and test/")
    work, output = given.w.absolute(), given.o.absolute()
    sets = [one for one in SETS if one.runs and one.name in given.sets]
    for one in sets:
        for options in one.registrations:
            where = ["-i", data / one.images, "-a", data / one.atlases, "-o", one.candidates(data, work)]
            _python("scripts.register_convexadam", *where, *options.split())
    started = time.monotonic()
    everywhere: list[object] = []
    for one in sets:
        candidates = one.candidates(data, work)
        where = ["-data", data, "-candidates", candidates, "-oracle", one.oracle]
        runs = [run_folder(name) for name in one.runs]
        _python("scripts.experiments.sweep", *where, "-i", *runs, "-set", one.shown, "-o", output)
        everywhere += ["-set", one.shown, candidates, data / one.oracle, runs[0]]
    _python("scripts.experiments.prediction_trust", *everywhere, "-o", output)
    if len(sets) == len(SETS):
        _python("scripts.experiments.transfer", *everywhere, "-o", output)
    print(f"replayed    everything in {time.monotonic() - started:.0f} s")


def _python(module: str, *arguments: object) -> None:
    words = [sys.executable, "-m", module, *map(str, arguments)]
    print(f"running     {' '.join(words[1:])}", flush=True)
    status = subprocess.run(words, cwd=REPOSITORY, check=False).returncode
    if status:
        raise RunError(f"{module} ended with status {status}")


if __name__ == "__main__":
    main()

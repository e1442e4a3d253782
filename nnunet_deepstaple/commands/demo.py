"""ds_demo: the whole story on generated data."""

import sys
import time
from pathlib import Path
from typing import NoReturn

from ..demo import story, table
from ..demo.runner import StepError, run_step
from ..errors import InputError
from .common import parser, run

EXAMPLES = """\
  ds_demo
  ds_demo -o /tmp/demo
"""


def main() -> NoReturn:
    """Entry point of the console script."""
    run(_command)


def _command() -> None:
    arguments = parser(
        "ds_demo",
        "Generate a small data set with many imperfect labels, and run on it each command that you would run on your "
        "own: prepare, train, fuse, train again, predict. Five to ten minutes on two CPU cores; run again, it goes on "
        "where it was stopped.",
        EXAMPLES,
    )
    arguments.add_argument("-o", type=Path, default=Path("ds_demo"), metavar="FOLDER", help="folder to work in")
    folder = arguments.parse_args().o.absolute()
    if folder.exists() and not (folder / "logs").is_dir():
        raise InputError(f"{folder} exists and is no demo; give another folder with -o")
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    _tell(folder)


def _tell(folder: Path) -> None:
    import torch  # noqa: PLC0415 (so that -h and a wrong folder are answered at once)

    device = "cuda" if torch.cuda.is_available() else "cpu"
    started = time.monotonic()
    print(f"$ cd {folder}")
    for name, value in story.settings(folder, device).items():
        print(f"$ export {name}={value}")
    environment = story.environment(folder, device)
    for step in story.steps(device):
        try:
            run_step(step, folder, environment)
        except StepError as failure:
            print(failure, file=sys.stderr)
            sys.exit(1)
    minutes = (time.monotonic() - started) / 60
    print(f"\n{table.text(table.evaluate(folder))}\n\n{minutes:.1f} minutes on {device}; everything is in {folder}")

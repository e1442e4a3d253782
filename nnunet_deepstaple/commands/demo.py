"""ds_demo: the whole story on generated data."""

import shlex
import time
from pathlib import Path
from typing import NoReturn

from ..demo import story, table
from ..errors import InputError
from ..workflow.environment import default_device, environment_with
from ..workflow.job import run_job
from ..workflow.record import FOLDER
from .common import parser, progress, run

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
        "Generate a small data set with many imperfect labels, and run on it what ds_run does with your own: prepare, "
        "preprocess, train, fuse, report, train again; then predict. Five to ten minutes on two CPU cores; run again, "
        "it goes on where it was stopped.",
        EXAMPLES,
    )
    arguments.add_argument("-o", type=Path, default=Path("ds_demo"), metavar="FOLDER", help="folder to work in")
    folder = arguments.parse_args().o.absolute()
    if folder.exists() and not (folder / FOLDER).is_dir():
        raise InputError(f"{folder} exists and is not a demo; give another folder with -o")
    _tell(folder)


def _tell(folder: Path) -> None:
    device = default_device()
    started = time.monotonic()
    settings = story.settings(folder, device)
    for name, value in settings.items():
        print(f"$ export {name}={shlex.quote(value)}")
    environment = environment_with(settings)
    run_job([story.generation(folder)], folder, environment, progress)
    run_job(story.steps(folder, device), folder, environment, progress)
    minutes = (time.monotonic() - started) / 60
    print(f"\n{table.text(table.evaluate(folder))}\n\n{minutes:.1f} minutes on {device}; everything is in {folder}")

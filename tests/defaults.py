"""What the defaults of ds_fuse make of three hippocampi; ``python -m tests.defaults`` records it in data/defaults.json.

Whoever changes a default changes these numbers on purpose: record them anew, and say in the commit what they are worth.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from nnunet_deepstaple.commands import fuse, prepare, score
from nnunet_deepstaple.files.atomic import write_text
from scripts.experiments.common.judging import dice_of_folder

DATA = Path(__file__).parent / "data/hippocampus"
RECORDED = Path(__file__).parent / "data/defaults.json"

Dices = dict[str, dict[str, float]]
"""Mean Dice of each image's consensus, by what was asked of ds_fuse."""

LABEL_ONLY: dict[str, list[str]] = {
    "label maps alone": [],
    "majority": ["-rule", "majority"],
    "STAPLE": ["-rule", "staple"],
    "SIMPLE": ["-rule", "simple"],
}
SCORED: dict[str, list[str]] = {
    "with scores and prediction": [],
    "labels to train on": ["-d_out", "702_Fused"],
    "the paper's vote": ["-score", "data_parameter", "-weights", "paper"],
}
NAMES = [*LABEL_ONLY, *SCORED]


def measure(work: Path) -> Dices:
    """Prepare, score and fuse as a user does, in an empty folder, and judge each consensus by the expert's labels."""
    folders = {name: str(work / name) for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")}
    scores = work / "scored/scores.csv"
    shutil.copytree(DATA / "fold_0/predictions", scores.parent / "predictions")
    with patch.dict(os.environ, folders):
        _run(prepare.main, "-i", DATA / "images", "-l", DATA / "candidates", "-d", 701, "-n", "Hippocampus")
        _run(score.main, "-i", DATA / "fold_0", "-o", scores)
        asked = LABEL_ONLY | {name: ["-s", str(scores), *options] for name, options in SCORED.items()}
        return {name: _judged(work, name, options) for name, options in asked.items()}


def record(dices: Dices) -> None:
    """Write what was measured beside the data."""
    rounded = {name: {image: round(dice, 5) for image, dice in of_image.items()} for name, of_image in dices.items()}
    write_text(RECORDED, json.dumps(rounded, indent=2) + "\n")


def recorded() -> Dices:
    """What was recorded."""
    found: Dices = json.loads(RECORDED.read_text(encoding="utf-8"))
    return found


def _judged(work: Path, name: str, options: list[str]) -> dict[str, float]:
    output = work / "fused" / name
    candidates = work / "nnUNet_raw/Dataset701_Hippocampus/labelsTr"
    _run(fuse.main, "-i", candidates, "-o", output, "-np", 1, *options)
    return dice_of_folder(output, DATA / "oracle")


def _run(main: Callable[[], None], *words: object) -> None:
    """Run a command in this process; it has to end well."""
    with patch.object(sys, "argv", [main.__module__, *map(str, words)]):
        try:
            main()
        except SystemExit as end:
            if end.code:
                raise RuntimeError(f"{' '.join(sys.argv)} ended with status {end.code}") from end


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        record(measure(Path(folder)))

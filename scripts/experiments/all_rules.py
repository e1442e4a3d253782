"""Every rule and default of ds_fuse on every set of candidates: the label maps it writes beside the true ones.

    label-only rules      majority, STAPLE on the whole image and on disputed voxels, SIMPLE, spectral, leave_one_out
    with a network        the paper's vote by θ, agreement alone, the default, and what each of its parts is worth

Unlike the replays (sweep, transfer), nothing is computed here: ds_fuse runs, as a user would run it. Each difference
from majority, STAPLE, SIMPLE and the default without scores is paired over the images (Wilcoxon). What an earlier run
has fused is not fused again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.fusion.folder import fuse_folder
from nnunet_deepstaple.fusion.planning.request import Request
from nnunet_deepstaple.scoring.scores import FILE_NAME

from ..evidence.rows import Row, add_output_option, add_rows
from .common.judging import dice_of_folder, volumes_of_folder
from .common.statistics import paired_p

EXAMPLES = """\
  python -m scripts.experiments.all_rules -w work \\
      -set given hippocampus/candidates hippocampus/oracle work/results/…/fold_0 -set raters … -label_only other …
"""

LABEL_ONLY: dict[str, dict[str, Any]] = {
    "majority": {"rule": "majority"},
    "STAPLE": {"rule": "staple"},
    "STAPLE, disputed voxels": {"rule": "staple", "disputed_only": True},
    "SIMPLE": {"rule": "simple"},
    "leave_one_out": {"rule": "leave_one_out"},
    "spectral, by argmax": {"rule": "spectral", "decision": "argmax", "smoothing": 0.0},
    "spectral, not smoothed": {"rule": "spectral", "smoothing": 0.0},
    "spectral (default without scores)": {"rule": "spectral"},
}

_HARD = {"score_trust": 1.0, "smoothing": 0.0}

WITH_NETWORK: dict[str, dict[str, Any]] = {
    "vote by θ (paper)": {"score": "data_parameter", "weights": "paper"},
    "agreement alone": {**_HARD, "prediction_weight": 0.0},
    "agreement and overlap": {"smoothing": 0.0, "prediction_weight": 0.0},
    "agreement and overlap, smoothed": {"prediction_weight": 0.0},
    "with the prediction, not smoothed": {"smoothing": 0.0},
    "with the prediction, agreement alone": {"score_trust": 1.0},
    "by expected Dice": {"decision": "dice"},
    "default": {},
}

BESIDE = ("majority", "STAPLE", "SIMPLE", "spectral (default without scores)")


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("all_rules", __doc__ or "", EXAMPLES)
    arguments.add_argument(
        "-set",
        nargs=4,
        action="append",
        default=[],
        metavar=("NAME", "CANDIDATES", "ORACLE", "FOLD_FOLDER"),
        help="a set of candidates, its true labels, and the fold that scoring_run left; may be given several times",
    )
    arguments.add_argument(
        "-label_only",
        nargs=3,
        action="append",
        default=[],
        metavar=("NAME", "CANDIDATES", "ORACLE"),
        help="a set of candidates without a network",
    )
    arguments.add_argument("-w", required=True, type=Path, metavar="FOLDER", help="folder for the fused label maps")
    add_output_option(arguments)
    given = arguments.parse_args()
    for name, candidates, oracle, *fold in [*given.set, *given.label_only]:
        requests = requests_for(Path(candidates), Path(fold[0]) if fold else None, given.w / name)
        add_rows("all_rules", _judge(name, requests, Path(oracle)), ["way"], folder=given.o)


def requests_for(candidates: Path, fold: Path | None, output: Path) -> dict[str, Request]:
    """What is asked of ds_fuse, by the name of the row; ``fold`` holds the scores and predictions of a network."""
    plain = Request([candidates], output, keep=True)
    found = {name: replace(plain, **options) for name, options in LABEL_ONLY.items()}
    if fold is not None:
        scored = replace(plain, score_files=[fold / FILE_NAME])
        found |= {name: replace(scored, **options) for name, options in WITH_NETWORK.items()}
    return {name: replace(request, output=output / _plain(name)) for name, request in found.items()}


def _judge(title: str, requests: Mapping[str, Request], oracle: Path) -> Iterator[Row]:
    """Fuse one set in every way, and give the numbers of each way and those of each of its images."""
    dice = {}
    for name, request in progress(requests.items(), title, len(requests)):
        fuse_folder(request)
        found = dice_of_folder(request.output, oracle)
        dice[name] = np.array([found[image] for image in sorted(found)])
        volumes = volumes_of_folder(request.output, oracle)
        for image in sorted(found):
            yield {"set": title, "image": image, "way": name, "Dice": found[image], "volume": volumes[image]}
        row: dict[str, str | float] = {"set": title, "way": name, "Dice": float(dice[name].mean())}
        row["volume"] = float(np.nanmean(list(volumes.values())))
        for other in BESIDE:
            if other in dice and other != name:
                row[f"p − {other.partition(' ')[0]}"] = paired_p(dice[name], dice[other])
        yield row


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)


if __name__ == "__main__":
    main()

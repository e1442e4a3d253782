"""What it is worth that an image's prediction comes from a network that never saw its candidates.

    candidates alone                    the scores of a network that trained on them, no prediction
    prediction, in fold                 of a network that trained on the image's candidates
    prediction, out of fold             of the one that did not
    consensus, prediction in fold       ds_fuse with scores and prediction of the former
    consensus, prediction out of fold   the same scores, and the prediction of the latter
    consensus, all out of fold          scores and prediction of the latter

On the images that some fold kept for validation; where several networks trained on an image, the mean over them.
Nothing is trained; what an earlier run has fused is not fused again.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.datasets.case_ids import split_case
from nnunet_deepstaple.datasets.nnunet_folders import PREDICTIONS
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion.folder import fuse_folder
from nnunet_deepstaple.fusion.planning.request import Request
from nnunet_deepstaple.scoring.scores import FILE_NAME, read_scores

from ..evidence.rows import add_output_option, add_rows, add_set_name
from .common.judging import dice_of_folder, volumes_of_folder
from .common.statistics import paired_p

EXAMPLES = """\
  python -m scripts.experiments.out_of_fold -candidates hippocampus/candidates -oracle hippocampus/oracle \\
      -w work/out_of_fold -i work/results/…/fold_0 work/results/…/fold_1
"""

Judge = Callable[[Path], Mapping[str, float]]


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("out_of_fold", __doc__ or "", EXAMPLES)
    arguments.add_argument("-candidates", required=True, type=Path, metavar="FOLDER", help="the candidates")
    arguments.add_argument("-oracle", required=True, type=Path, metavar="FOLDER", help="their true label maps")
    arguments.add_argument("-i", required=True, nargs="+", type=Path, metavar="FOLD_FOLDER", help="of scoring_run")
    arguments.add_argument("-w", required=True, type=Path, metavar="FOLDER", help="folder for the fused label maps")
    add_set_name(arguments)
    add_output_option(arguments)
    given = arguments.parse_args()
    folds: list[Path] = given.i
    held_out = {fold: _held_out(fold) for fold in folds}
    pairs = [(image, out, seen) for out in folds for seen in folds if seen != out for image in sorted(held_out[out])]
    if not pairs or any(image in held_out[seen] for image, _, seen in pairs):
        raise InputError(f"-i {' '.join(map(str, folds))} are not two folds or more that keep different images")

    @cache
    def fused(scores: Path, predictions: Path | None) -> Path:
        output = given.w / "_".join(one.name for one in (scores, predictions) if one is not None)
        weight = {"prediction_weight": 0.0} if predictions is None else {"predictions": [predictions / PREDICTIONS]}
        fuse_folder(Request([given.candidates], output, score_files=[scores / FILE_NAME], keep=True, **weight))
        return output

    ways: dict[str, tuple[Callable[[Path, Path], Path], str]] = {
        "candidates alone": (lambda _, seen: fused(seen, None), ""),
        "prediction, in fold": (lambda _, seen: seen / PREDICTIONS, ""),
        "prediction, out of fold": (lambda out, _: out / PREDICTIONS, "prediction, in fold"),
        "consensus, prediction in fold": (lambda _, seen: fused(seen, seen), ""),
        "consensus, prediction out of fold": (lambda out, seen: fused(seen, out), "consensus, prediction in fold"),
        "consensus, all out of fold": (lambda out, _: fused(out, out), "consensus, prediction in fold"),
    }
    rows: list[dict[str, str | float]] = []
    dice: dict[str, np.ndarray] = {}
    for way, (folder, beside) in ways.items():
        dice[way] = _by_image(pairs, folder, lambda one: dice_of_folder(one, given.oracle))
        volumes = _by_image(pairs, folder, lambda one: volumes_of_folder(one, given.oracle))
        row: dict[str, str | float] = {
            "set": given.set,
            "way": way,
            "images": len(volumes),
            "Dice": float(dice[way].mean()),
            "volume": float(volumes.mean()),
        }
        if beside:
            row["p − in fold"] = paired_p(dice[way], dice[beside])
        rows.append(row)
    add_rows("out_of_fold", rows, ["way"], folder=given.o)


def _held_out(fold: Path) -> set[str]:
    """Images whose candidates a fold's network did not learn from."""
    return {split_case(case)[0] for case, split in read_scores(fold / FILE_NAME).splits.items() if split == "val"}


def _by_image(
    pairs: Iterable[tuple[str, Path, Path]], folder: Callable[[Path, Path], Path], judge: Judge
) -> np.ndarray:
    """A number of each image, the mean over the networks that saw it."""
    judged: dict[Path, Mapping[str, float]] = {}
    found: dict[str, list[float]] = {}
    for image, out, seen in pairs:
        where = folder(out, seen)
        if where not in judged:
            judged[where] = judge(where)
        found.setdefault(image, []).append(judged[where][image])
    return np.array([np.mean(values) for values in found.values()])


if __name__ == "__main__":
    main()

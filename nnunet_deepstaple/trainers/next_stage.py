"""nnU-Net's cascade: all candidates of an image use the same prediction of the first stage.

The second stage looks for a prediction of every case in ``predicted_next_stage/<configuration>`` of the first stage.
The final validation predicts each image once, for one of its cases. The prediction depends only on the image, so the
other cases get the same file.
"""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..datasets.case_ids import split_case
from ..errors import InputError
from ..files.atomic import atomic_path

FOLDER = "predicted_next_stage"


def share_predictions(folder: Path, next_stages: Iterable[str], predicted: Iterable[str], cases: Sequence[str]) -> None:
    """Give the predictions for the next stages to all cases of each image.

    Args:
        folder: nnU-Net's folder of the configuration, which contains the folds.
        next_stages: configurations that the predictions are for.
        predicted: one case of each image, the one that was predicted.
        cases: all cases of these images.
    """
    stands_for = {split_case(case)[0]: case for case in predicted}
    for stage in next_stages:
        files = {path.stem: path for path in (folder / FOLDER / stage).iterdir()}
        for case in cases:
            source = files.get(stands_for[split_case(case)[0]])
            if source is not None:
                _link(source, source.with_name(case + source.suffix))


def check_previous_stage(folder: Path, cases: Sequence[str]) -> None:
    """Make sure that the first stage has predicted all cases.

    Args:
        folder: where nnU-Net looks for the predictions.
        cases: cases of the second stage.

    Raises:
        InputError: there are cases without a prediction.
    """
    found = {path.stem for path in folder.iterdir()} if folder.is_dir() else set()
    missing = [case for case in cases if case not in found]
    if missing:
        trainer, _, configuration = folder.parent.parent.name.rsplit("__", 2)
        raise InputError(
            f"{folder} lacks {len(missing)} of {len(cases)} cases, such as '{missing[0]}'; train all folds (or fold "
            f"'all') of {configuration} with -tr {trainer} first, or run them again with --val if {folder.name} was "
            f"not preprocessed then"
        )


def _link(source: Path, target: Path) -> None:
    if target.exists() and target.samefile(source):
        return
    with atomic_path(target) as temporary:
        try:
            temporary.hardlink_to(source)
        except OSError:  # a file system without hard links
            shutil.copyfile(source, temporary)

"""Where the scores of a fold come from: ``scores.json`` beside ``scores.csv``.

Scores, predictions and label maps are found by their names. This record shows whether they still belong together. It
holds the fingerprint of each label map that the training saw, and whether the training has ended.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import InputError
from ..files.atomic import write_text
from ..files.fingerprint import Fingerprint
from ..files.json_files import read_json_object
from ..files.links import is_there
from . import visit_log

FILE = "scores.json"
FORMAT = 1

_REMEDY = "train again, or remove it, and it is not looked at whether scores and label maps belong together"


@dataclass(frozen=True)
class Origin:
    """What the scores in a fold folder were learned from.

    Attributes:
        epoch: number of epochs that the scores are from.
        ended: whether the training has ended.
        labels: fingerprint of each case's label map.
    """

    epoch: int = 0
    ended: bool = False
    labels: Mapping[str, Fingerprint] = field(default_factory=dict)

    def write(self, fold: Path) -> None:
        """Write the record of a fold folder."""
        labels = {case: fingerprint.as_json for case, fingerprint in self.labels.items()}
        content = {"format": FORMAT, "nnunet_deepstaple": __version__, "epoch": self.epoch, "ended": self.ended}
        write_text(fold / FILE, json.dumps({**content, "labels": labels}) + "\n")

    @classmethod
    def read(cls, fold: Path) -> "Origin | None":
        """Read the record of a fold folder; None if there is none, as in folders of earlier versions.

        Raises:
            InputError: it is damaged, or of a later version.
        """
        path = fold / FILE
        if not is_there(path):
            return None
        content = read_json_object(path, _REMEDY)
        if content.get("format") != FORMAT:
            raise InputError(
                f"{path} has the format {content.get('format')!r}, and this version knows {FORMAT}; {_REMEDY}"
            )
        try:
            epoch, ended, labels = content["epoch"], content["ended"], content["labels"]
            if type(epoch) is not int or type(ended) is not bool:
                raise ValueError("epoch and ended")
            return cls(epoch, ended, {case: Fingerprint.from_json(value) for case, value in labels.items()})
        except (KeyError, AttributeError, ValueError) as error:
            raise InputError(f"{path} is not a record of scores; {_REMEDY}") from error


def folds_of(score_files: Iterable[Path]) -> list[Path]:
    """The fold folders that score files come from, directly or through ``ds_score``, if the folders still exist."""
    found: dict[Path, None] = {}
    for path in score_files:
        if (path.parent / visit_log.FILE_NAME).is_file():
            found[path.parent] = None
        else:
            found |= dict.fromkeys(_folds_of_record(path.with_suffix(".json")))
    return list(found)


def _folds_of_record(record: Path) -> list[Path]:
    if not is_there(record):
        return []
    logs: Any = read_json_object(record, "make it again with ds_score").get("logs")
    files = [log.get("file") for log in logs if isinstance(log, dict)] if isinstance(logs, list) else []
    folds = [Path(file).parent for file in files if isinstance(file, str)]
    return [fold for fold in folds if (fold / visit_log.FILE_NAME).is_file()]


def unfinished(folds: Sequence[Path]) -> dict[Path, str]:
    """A sentence about each fold whose training has not ended: its scores are early, and its predictions are old."""
    sentences = {}
    for fold in folds:
        origin = Origin.read(fold)
        if origin is not None and not origin.ended:
            sentences[fold] = (
                f"the training of {fold} has not ended; its scores are those after epoch {origin.epoch}, and "
                f"predictions in it are of an earlier one"
            )
        elif origin is None and not (fold / "checkpoint_final.pth").is_file() and any(fold.glob("checkpoint_*.pth")):
            sentences[fold] = (
                f"the training of {fold} has not ended (it has no checkpoint_final.pth); its scores are early ones"
            )
    return sentences


def changed_labels(folds: Sequence[Path], label_maps: Mapping[str, Path]) -> list[str]:
    """Cases whose label map is no longer the one that the scores were learned from.

    Args:
        folds: the fold folders that the scores come from.
        label_maps: file of each case.
    """
    found = set()
    for fold in folds:
        origin = Origin.read(fold)
        for case, fingerprint in origin.labels.items() if origin else ():
            if case in label_maps and not fingerprint.is_of(label_maps[case]):
                found.add(case)
    return sorted(found)

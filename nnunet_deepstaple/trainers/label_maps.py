"""The label maps that a training sees, and whether the raw dataset still has the same ones."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..datasets.dataset_json import about_unlisted
from ..datasets.listing import LABELS_FOLDER
from ..datasets.nnunet_folders import nnunet_folder
from ..errors import InputError
from ..files.fingerprint import Fingerprint
from ..wording import counted

COPIES = "gt_segmentations"
"""Folder of the preprocessed dataset in which preprocessing writes copies of the label maps that it read."""


def fingerprints(preprocessed: Path, cases: Iterable[str], ending: str) -> dict[str, Fingerprint]:
    """Fingerprint of the label map of each preprocessed case, if there is a copy of it."""
    files = {case: preprocessed / COPIES / f"{case}{ending}" for case in cases}
    return {case: Fingerprint.of(path) for case, path in files.items() if path.is_file()}


def raw_dataset(name: str) -> Path | None:
    """Where the raw dataset lies; None where nnUNet_raw is not set, because training does not need it."""
    try:
        return nnunet_folder("nnUNet_raw") / name
    except InputError:
        return None


def about_raw_labels(
    raw: Path | None, trained_on: Mapping[str, Fingerprint], dataset_json: Mapping[str, Any]
) -> list[str]:
    """Sentences about label maps of the raw dataset that the training does not see.

    Args:
        raw: the raw dataset; None for none. It may have been moved away since preprocessing.
        trained_on: fingerprints of the label maps that were preprocessed.
        dataset_json: content of its dataset.json.
    """
    if raw is None or not (folder := raw / LABELS_FOLDER).is_dir():
        return []
    ending, named = dataset_json.get("file_ending", ""), dataset_json.get("dataset") or {}
    files = {case: _label_of(raw, named.get(case), folder / f"{case}{ending}") for case in trained_on}
    changed = [case for case, path in files.items() if path.is_file() and not trained_on[case].is_of(path)]
    sentences = []
    if changed:
        sentences.append(
            f"{counted(len(changed), 'label map is', 'label maps are')} changed in {raw} since the preprocessing, such "
            f"as '{changed[0]}': this trains on what they were; preprocess the dataset again to train on what they are"
        )
    return sentences + about_unlisted(folder)


def _label_of(raw: Path, reference: Any, usual: Path) -> Path:
    label = reference.get("label") if isinstance(reference, dict) else None
    return raw / os.path.expandvars(label) if isinstance(label, str) else usual

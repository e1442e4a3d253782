"""What each case of a dataset annotates, as dataset.json says it.

``"annotates"`` beside a case's ``"images"`` and ``"label"`` lists names of labels, of regions, or of the dataset's
``"means"``, which are names that each stand for several labels. A case without it annotates everything. Where one of
several labels is meant, a label map holds the smallest of them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..label_names import LabelNames, read_json_object
from .vocabulary import Vocabulary

ANNOTATES = "annotates"
MEANS = "means"


def vocabulary_of(dataset_json: Mapping[str, Any]) -> Vocabulary:
    """Names of a dataset and of all that they stand for."""
    return Vocabulary.of_labels(LabelNames(dataset_json["labels"]), dataset_json.get(MEANS))


def annotated_by_case(dataset_json: Mapping[str, Any], source: str = "dataset.json") -> dict[str, frozenset[str]]:
    """Names that each case annotates, of those cases that do not annotate everything.

    Raises:
        InputError: a case annotates a name that there is not.
    """
    cases = dataset_json.get("dataset") or {}
    said = {case: one[ANNOTATES] for case, one in cases.items() if isinstance(one, dict) and ANNOTATES in one}
    known = vocabulary_of(dataset_json).names if said else {}
    for case, names in said.items():
        if not isinstance(names, list) or not names or not set(names) <= known.keys():
            raise InputError(f"{source}: case '{case}' annotates {names}; list names out of {', '.join(known)}")
    return {case: frozenset(names) for case, names in said.items()}


def read_annotated(path: Path) -> dict[str, frozenset[str]]:
    """The same of a file.

    Raises:
        InputError: the file cannot be read, or as :func:`annotated_by_case`.
    """
    return annotated_by_case(read_json_object(path), str(path))

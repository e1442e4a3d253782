"""What each case of a dataset annotates, as dataset.json says it.

A case has ``"images"``, ``"label"`` and perhaps ``"annotates"``. This lists names of labels, of regions, or of the
dataset's ``"means"``, whose names each stand for several labels. A case without ``"annotates"`` annotates everything.
Where a voxel has one of several labels, the label map holds the smallest of them.
"""

from collections.abc import Mapping
from typing import Any

from ...errors import InputError
from ...files.json_files import read_json_object
from ..candidates import Candidates
from ..case_ids import comparable
from ..label_names import LabelNames
from ..raw_dataset import ANNOTATES, MEANS
from .gather import Sources, dataset_json_of
from .source import Source
from .vocabulary import Vocabulary


def vocabulary_of(dataset_json: Mapping[str, Any]) -> Vocabulary:
    """Names of a dataset, and the labels that they stand for."""
    return Vocabulary.of_labels(LabelNames(dataset_json["labels"]), dataset_json.get(MEANS))


def annotated_by_case(dataset_json: Mapping[str, Any], source: str = "dataset.json") -> dict[str, frozenset[str]]:
    """Names that each case annotates, for the cases that do not annotate everything.

    Raises:
        InputError: a case annotates a name that does not exist.
    """
    cases = dataset_json.get("dataset") or {}
    said = {case: one[ANNOTATES] for case, one in cases.items() if isinstance(one, dict) and ANNOTATES in one}
    known = vocabulary_of(dataset_json).names if said else {}
    for case, names in said.items():
        if not isinstance(names, list) or not names or not set(names) <= known.keys():
            raise InputError(f"{source}: case '{case}' annotates {names}; list names out of {', '.join(known)}")
    return {case: frozenset(names) for case, names in said.items()}


def recorded_sources(candidates: Candidates) -> Sources | None:
    """What the candidates of a dataset mean, if its dataset.json says what each case annotates; else None.

    Args:
        candidates: of each image.

    Raises:
        InputError: the file cannot be read, or as :func:`annotated_by_case`.
    """
    every = [candidate for found in candidates.values() for candidate in found]
    files = dataset_json_of(every)
    if len(files) != 1:
        return None
    content = read_json_object(files[0])
    annotated = {comparable(case): names for case, names in annotated_by_case(content, str(files[0])).items()}
    if not annotated:
        return None
    vocabulary = vocabulary_of(content)
    ignored = LabelNames(content["labels"]).ignore_label
    numbers = {label: vocabulary.marks(label) for label in vocabulary.labels}
    names = frozenset(vocabulary.names)
    sources = {one.name: Source(one.name, numbers, names, ignored, str(files[0])) for one in every}
    of_case = {one.case: annotated[comparable(one.case)] for one in every if comparable(one.case) in annotated}
    return Sources(vocabulary, sources, of_case)

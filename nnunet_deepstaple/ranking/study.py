"""What belongs to each image of a ranking: found, and checked as far as no image need be read."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..datasets.candidates import Candidates, find_candidates
from ..datasets.case_ids import comparable
from ..datasets.consensus_dataset import dataset_json_beside, ignore_label_beside
from ..datasets.label_names import read_label_names
from ..datasets.true_labels import find_true_labels
from ..errors import InputError
from ..scoring.scores import merge_scores, read_scores
from .measure import NETWORK, Subject
from .request import RankingRequest

_SCORE = "agreement"


@dataclass(frozen=True)
class Study:
    """All images of a ranking.

    Attributes:
        subjects: by image.
        sources: names, sorted.
        folders: of each source that has a folder of its own.
        label_names: name of each label value; empty where no dataset.json tells them.
    """

    subjects: dict[str, Subject]
    sources: Sequence[str]
    folders: Mapping[str, Path]
    label_names: Mapping[int, str]


def find_study(request: RankingRequest, say: Callable[[str], object]) -> Study:
    """Find the sources and what is known of each image.

    Args:
        request: where to look.
        say: takes a sentence about each thing that is missing or left out.

    Raises:
        InputError: something is missing or does not belong together, or there is nothing to compare.
    """
    candidates, layout = find_candidates(request.folders, request.layout, say)
    sources = sorted({one.name for found in candidates.values() for one in found})
    if len(sources) < 2:
        raise InputError(
            f"{request.folders[0]} holds candidates of one source, '{sources[0]}', and a ranking compares several; "
            f"give the folders of the others after -i too"
        )
    if all(len(found) < 2 for found in candidates.values()):
        raise InputError(
            f"{request.folders[0]}: no image has candidates of two sources, such as '{next(iter(candidates))}'; "
            f"give sources that labelled the same images, under the same names"
        )
    ignored = ignore_label_beside(request.folders, candidates)
    truth = find_true_labels(request.truth, candidates, say)
    dataset_json = dataset_json_beside(request.folders, candidates)
    named = read_label_names(dataset_json).labels if dataset_json else {}
    names = {value: name for name, value in named.items() if isinstance(value, int)}
    scores = _scores_by_case(request.score_files, candidates, names, say)
    subjects = {
        image: Subject(
            found,
            truth.get(image),
            {one.name: scores.get(comparable(one.case), {}) for one in found} if scores else None,
            ignored,
        )
        for image, found in candidates.items()
    }
    folders = {one.name: one.path.parent for found in candidates.values() for one in found}
    return Study(subjects, sources, folders if layout == "by_candidate" else {}, names)


def _scores_by_case(
    files: Sequence[Path], candidates: Candidates, names: Mapping[int, str], say: Callable[[str], object]
) -> dict[str, dict[int, float]]:
    """Dice of each case with the network, by label value and over all; empty without score files."""
    if not files:
        return {}
    cases = {comparable(one.case): one.case for found in candidates.values() for one in found}
    tables = [read_scores(path) for path in files]
    for path, table in zip(files, tables, strict=True):
        if cases.keys().isdisjoint(map(comparable, table.values)):
            first = next(iter(cases.values()))
            raise InputError(f"{path} scores none of the candidates, such as '{first}'; give their scores with -s")
    scores = tables[0] if len(tables) == 1 else merge_scores(tables)
    if _SCORE not in scores.columns:
        raise InputError(f"{files[0]} has no column '{_SCORE}', the Dice with the network; give scores of ds_score")
    found = {comparable(case): _of_case(row, names) for case, row in scores.values.items()}
    missing = [case for key, case in cases.items() if key not in found]
    if missing:
        say(f"{len(missing)} of {len(cases)} candidates have no score, such as '{missing[0]}'")
    return found


def _of_case(row: Mapping[str, float], names: Mapping[int, str]) -> dict[int, float]:
    columns = {NETWORK: _SCORE} | {value: f"{_SCORE}_{name}" for value, name in names.items()}
    values = {key: row.get(column, math.nan) for key, column in columns.items()}
    return {key: value for key, value in values.items() if math.isfinite(value)}


def label_name(names: Mapping[int, str], value: int) -> str:
    """Name of a label value."""
    return names.get(value, f"label_{value}")

"""What belongs to each image of a ranking: found, and checked as far as no image need be read."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..datasets.candidates import Candidates, find_candidates
from ..datasets.case_ids import comparable
from ..datasets.consensus_dataset import dataset_json_beside, ignore_label_beside
from ..datasets.label_names import read_label_names
from ..datasets.settings import datasets_beside
from ..datasets.true_labels import find_true_labels
from ..datasets.unlike import SourceRequest, ask_about, sources_of
from ..errors import InputError
from ..fusion.planning.atlas_images import find_atlas_images
from ..fusion.planning.grids import grids_of
from ..fusion.planning.score_sources import read_scores_of
from ..fusion.votes.atlas_images import AtlasImages
from ..progress import Progress
from ..scoring.scores import Scores
from .measure import Subject
from .request import RankingRequest
from .structures import meaning_of

_SCORE = "agreement"


@dataclass(frozen=True)
class Study:
    """All images of a ranking.

    Attributes:
        subjects: by image.
        sources: names, sorted.
        folders: of each source that has a folder of its own.
        names: of the structures, in their order; empty where nobody tells them.
    """

    subjects: dict[str, Subject]
    sources: Sequence[str]
    folders: Mapping[str, Path]
    names: Sequence[str]


def find_study(request: RankingRequest, say: Callable[[str], object], progress: Progress) -> Study:
    """Find the sources and what is known of each image.

    Args:
        request: where to look.
        say: takes a sentence about each thing that is missing or left out.
        progress: shows how far the reading of structures is.

    Raises:
        InputError: something is missing or does not belong together, or there is nothing to compare.
    """
    listed, layout = find_candidates(request.folders, request.layout, say)
    said = SourceRequest(sources=request.sources, resample=request.resample, workers=request.workers)
    candidates, meant, _ = sources_of(listed, layout, said, say, progress)
    beside = datasets_beside(request.folders, [one for found in candidates.values() for one in found])
    ask_about(candidates, meant, replace(said, allow_doubtful=True), beside, say)  # a doubt does not stop a ranking
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
    truth = find_true_labels(request.truth, candidates, say)
    homes = [*request.folders, *([] if request.truth is None else [request.truth])]
    ignored = None if meant else ignore_label_beside(homes, candidates)
    moved: list[str] = []
    grids = grids_of(candidates, moved, truth) if request.resample else {}
    for note in moved:
        say(note)
    names = {} if meant else _label_names(request, candidates)
    scores = _scores_by_case(request.score_files, candidates, say)
    of_truth = dict(meant.vocabulary.names) if meant else {}
    pictured = _atlas_images(request, candidates, bool(meant), say)
    subjects = {
        image: Subject(
            found,
            [*(meaning_of(meant, one) for one in found), *([of_truth] if image in truth else [])] if meant else None,
            names,
            truth.get(image),
            [scores.get(comparable(one.case), {}) for one in found] if scores else None,
            ignored,
            grids.get(image),
            pictured.get(image),
        )
        for image, found in candidates.items()
    }
    folders = {one.name: one.path.parent for found in candidates.values() for one in found}
    return Study(subjects, sources, folders if layout == "by_candidate" else {}, list(of_truth or names.values()))


def _atlas_images(
    request: RankingRequest, candidates: Candidates, unlike: bool, say: Callable[[str], object]
) -> dict[str, AtlasImages]:
    """Images by which the candidates of each image are judged; empty without."""
    if request.atlas_images is None:
        return {}
    if unlike:
        raise InputError("-atlas_images judge candidates that annotate the same labels; leave them out")
    found, notes = find_atlas_images(request.folders, candidates, request.images, request.atlas_images)
    for image, one in found.items():
        one.check(candidates[image][0].path)
    for note in notes:
        say(note)
    return found


def _label_names(request: RankingRequest, candidates: Candidates) -> dict[int, str]:
    dataset_json = dataset_json_beside(request.folders, candidates)
    named = read_label_names(dataset_json).labels if dataset_json else {}
    return {value: name for name, value in named.items() if isinstance(value, int)}


def _scores_by_case(
    files: Sequence[Path], candidates: Candidates, say: Callable[[str], object]
) -> dict[str, dict[str, float]]:
    """Dice of each case with the network, by structure and over all; empty without score files."""
    if not files:
        return {}
    scores = read_scores_of(candidates, files, say)
    if _SCORE not in scores.columns:
        raise InputError(f"{files[0]} has no column '{_SCORE}', the Dice with the network; give scores of ds_score")
    _check_dice(files, scores)
    return {comparable(case): _of_case(row) for case, row in scores.values.items()}


def _check_dice(files: Sequence[Path], scores: Scores) -> None:
    """Make sure that what stands for a Dice can be one."""
    for case, row in scores.values.items():
        for name, value in row.items():
            if name.startswith(_SCORE) and not (math.isnan(value) or 0 <= value <= 1):
                named = ", ".join(map(str, files))
                raise InputError(
                    f"{named}: {value:g} in column '{name}' of case '{case}' is no Dice, which lies between 0 and 1; "
                    f"divide by 100 what is in percent, or give scores of ds_score"
                )


def _of_case(row: Mapping[str, float]) -> dict[str, float]:
    columns = {name.removeprefix(_SCORE).removeprefix("_"): name for name in row if name.startswith(_SCORE)}
    return {name: row[column] for name, column in columns.items() if math.isfinite(row[column])}

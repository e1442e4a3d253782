"""Choose the rule for a request, and the weight of each vote."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ...datasets.candidates import Candidate, Candidates
from ...datasets.case_ids import SEPARATOR, comparable
from ...datasets.sources.gather import Sources
from ...errors import InputError
from ...files.provenance import FileRecord
from ...scoring.origin import changed_labels, folds_of, unfinished
from ...scoring.scores import FILE_NAME, Scores, lost_zeros
from ...wording import counted
from ..rules.by_name import JOINT, LABEL_ONLY, RULES, SMOOTHED, WEIGHTED
from ..rules.rule import Rule
from ..rules.staple import staple
from ..weights.scores import TEMPERATURES, default_kind, weights_of
from ..weights.scores_and_overlap import score_trust_for
from ..weights.weights import Weights
from .predictions import WEIGHT, Predictions, add_predictions, default_weight, find_predictions
from .request import Request
from .score_sources import find_score_files, read_score_files

SCORE = "agreement"


@dataclass(frozen=True)
class ScoredVote:
    """How scores become weights.

    Attributes:
        score: column of the scores.
        weights: kind of the weights (:mod:`~..weights.scores`).
        temperature: T of these weights; None for a kind without one.
        score_trust: see :class:`.task.Method`.
        files: the score files.
    """

    score: str
    weights: str
    temperature: float | None
    score_trust: float
    files: list[FileRecord]


@dataclass(frozen=True)
class Choice:
    """The rule that was chosen for a request.

    Attributes:
        rule: the rule.
        name: of the rule; for a rule of the user, its module and name.
        own: whether it is a rule of the user.
        predictions: the network's predictions that vote beside the candidates, and the weights of all voters.
        scored: how scores become weights; None where there are none.
        notes: what was decided for the user, one sentence each.
    """

    rule: Rule
    name: str
    predictions: Predictions
    scored: ScoredVote | None = None
    own: bool = False
    notes: Sequence[str] = ()

    @property
    def weights(self) -> Mapping[str, np.ndarray]:
        """Weights of each image's candidates, then of its predictions, shape (K + P,), summing to one."""
        return self.predictions.weights

    @property
    def score_trust(self) -> float:
        """See :class:`.task.Method`; a rule of the user gets the weights of the scores unchanged."""
        return self.scored.score_trust if self.scored and not self.own else 1.0


def choose_rule(request: Request, candidates: Candidates, sources: Sources | None = None) -> Choice:
    """Choose the rule and the weights.

    Args:
        request: what the user asks for.
        candidates: of each image.
        sources: what they mean; None where all mean the same.

    Raises:
        InputError: scores are asked for and cannot be found or read, or a case lacks one.
    """
    own = request.rule if callable(request.rule) else None
    paths = list(request.score_files)
    if not paths and request.rule in (None, WEIGHTED, JOINT):
        paths = find_score_files(request.folders)
    if paths:
        choice = _with_scores(request, candidates, sources, paths)
    elif request.rule == WEIGHTED or request.asks_for_scores:
        raise InputError(
            f"no scores found for {', '.join(map(str, request.folders))}; give a {FILE_NAME} with -s, "
            f"or choose a -rule that needs none"
        )
    else:
        choice = _without_scores(request, candidates)
    if request.atlas_images is not None:
        return replace(choice, name=JOINT)
    if own is None:
        return choice
    name = f"{own.__module__}.{own.__qualname__}" if hasattr(own, "__qualname__") else repr(own)
    return replace(choice, rule=own, name=name, own=True, notes=[])


def _without_scores(request: Request, candidates: Candidates) -> Choice:
    equal = {image: Weights.equal(len(found)).of_voters for image, found in candidates.items()}
    decided = request.rule is None and request.atlas_images is None
    notes = [f"no {FILE_NAME} found, so the rule is {LABEL_ONLY}"] if decided else []
    name = request.rule if isinstance(request.rule, str) and request.rule != JOINT else LABEL_ONLY
    rule = partial(staple, disputed_only=True) if request.disputed_only else RULES[name]
    return Choice(rule, name, add_predictions(candidates, equal, [], 0), notes=notes)


def _with_scores(request: Request, candidates: Candidates, sources: Sources | None, paths: Sequence[Path]) -> Choice:
    guesses: list[str] = []
    scores = read_score_files(paths, guesses.append)
    name = request.score or SCORE
    kind = request.weights or default_kind(name)
    temperature = TEMPERATURES.get(kind) if request.temperature is None else request.temperature
    try:
        column = {comparable(case): score for case, score in scores.column(name).items()}
    except InputError as error:
        raise InputError(f"{_list(paths)}: {error}; choose one with -score") from error
    weights = {image: _weights(found, column, kind, temperature, paths) for image, found in candidates.items()}
    files = [FileRecord.of(path) for path in paths]
    scored = ScoredVote(name, kind, temperature, _score_trust(request, name, candidates, sources), files)
    notes = [] if request.score_files else [f"scores from {_list(paths)}"]
    notes += guesses + _unused(candidates, scores) + _untrusted(candidates, column)
    folds = folds_of(paths)
    early = unfinished(folds)
    notes += [*early.values(), *_changed(candidates, folds)]
    found = find_predictions(request.predictions, paths)
    if not request.predictions:  # after a training was restarted, its predictions do not belong to its scores
        found = [folder for folder in found if folder.parent not in {fold.absolute() for fold in early}]
    if request.prediction_weight and not found:
        raise InputError(f"no predictions lie beside {_list(paths)}; give their folder with -predictions")
    weight = _prediction_weight(request, kind, found)
    if found and not weight and request.prediction_weight is None and kind != "paper":
        notes.append(
            f"the labels of -d_out are to train on, so the network's predictions do not vote: the next network would "
            f"learn their errors; -prediction_weight {default_weight(found):g} lets them"
        )
    predictions = add_predictions(candidates, weights, found, weight)
    return Choice(RULES[WEIGHTED], WEIGHTED, predictions, scored, notes=[*notes, *predictions.notes])


def _score_trust(request: Request, score: str, candidates: Candidates, sources: Sources | None) -> float:
    """Default score trust: agreements of many candidates share it with overlap, unless the user gives the weights.

    Where candidates do not annotate the same, those of a structure are counted.
    """
    if request.score_trust is not None:
        return request.score_trust
    if request.weights is not None or request.temperature is not None or not score.startswith(SCORE):
        return 1.0
    counts = [sources.annotators(found) if sources else len(found) for found in candidates.values()]
    return score_trust_for(sum(counts) / len(counts))


def smoothing_of(request: Request, choice: Choice) -> float | None:
    """Smoothing in mm, see :class:`.task.Method`: as the user says, else the default of the rule."""
    if request.smoothing is not None:
        return request.smoothing
    return None if _estimates(request, choice) else 0.0


def calibrated_for(request: Request, choice: Choice) -> bool:
    """Whether shares are calibrated: an output shows how sure labels are, and the rule is ours, not a paper's."""
    told = request.ignore_below is not None or request.save_probabilities or request.save_vote_share
    return told and _estimates(request, choice)


def _estimates(request: Request, choice: Choice) -> bool:
    return not choice.own and choice.name in SMOOTHED and request.weights != "paper"


def _prediction_weight(request: Request, kind: str, folders: Sequence[Path]) -> float:
    if request.prediction_weight is not None:
        return request.prediction_weight
    unwanted = not request.predictions and (kind == "paper" or request.dataset is not None)
    if unwanted:
        return 0.0
    return default_weight(folders) if request.atlas_images is None else min(default_weight(folders), WEIGHT)


def _weights(
    candidates: Sequence[Candidate],
    column: Mapping[str, float],
    kind: str,
    temperature: float | None,
    paths: Sequence[Path],
) -> np.ndarray:
    """Weights of one image's candidates by a column of the score files ``paths``."""
    for candidate in candidates:
        score = column.get(comparable(candidate.case), math.nan)
        if not math.isfinite(score):
            problem = "no score" if math.isnan(score) else f"the score {score}"
            if (lost := lost_zeros(candidate.case, column)) is not None:
                problem += f" (but '{lost}' has: a spreadsheet took its zeros, so format that column as text there)"
            elif column and not any(SEPARATOR in case for case in column):
                problem += f" (but '{next(iter(column))}' has: name each case <image>{SEPARATOR}<candidate>)"
            raise InputError(
                f"case '{candidate.case}' ({candidate.path}) has {problem} in {_list(paths)}; score every case (where "
                "a short training did not visit it late, ds_score -last_part 0.8 counts earlier visits too), leave its "
                "file out, or choose a -rule that needs no scores"
            )
    try:
        return weights_of(np.array([column[comparable(candidate.case)] for candidate in candidates]), kind, temperature)
    except InputError as error:
        raise InputError(f"image '{candidates[0].image}': {error}") from error


def _unused(candidates: Candidates, scores: Scores) -> list[str]:
    cases = {comparable(candidate.case) for found in candidates.values() for candidate in found}
    unused = sorted(case for case in scores.values if comparable(case) not in cases)
    return [f"{len(unused)} scored cases are not candidates here, such as '{unused[0]}'"] if unused else []


def _changed(candidates: Candidates, folds: Sequence[Path]) -> list[str]:
    """A sentence about candidates whose files changed since the scores were learned from them."""
    changed = changed_labels(folds, {one.case: one.path for found in candidates.values() for one in found})
    if not changed:
        return []
    number = counted(len(changed), "candidate has", "candidates have")
    return [f"{number} changed since the training, such as '{changed[0]}': the scores are of what they were"]


def _untrusted(candidates: Candidates, column: Mapping[str, float]) -> list[str]:
    """A sentence about images on which all candidates have the score 0."""
    images = [image for image, found in candidates.items() if all(column[comparable(one.case)] == 0 for one in found)]
    if not images:
        return []
    return [
        f"{len(images)} of {len(candidates)} images have candidates that all score 0, such as '{images[0]}', and so "
        f"vote with equal weights; has the network learned yet?"
    ]


def _list(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths))

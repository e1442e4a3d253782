"""Rank the sources of a folder: find, measure image by image, estimate, write."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..files.atomic import write_text, writing
from ..fusion.weights.dependence import groups
from ..processes import each
from ..progress import Progress
from .files import JSON, Ranking, write_ranking
from .images import judge_images
from .measure import ImageMeasures, measure_image
from .oddities import of_another_image, sentences
from .ranking import rank_structure
from .request import RankingRequest
from .study import Study, find_study
from .table import Table, gather


def rank_folder(request: RankingRequest, say: Callable[[str], object], progress: Progress) -> Ranking:
    """Rank sources, and write ranking.csv, images.csv and ranking.json (and with ``top``, ``top_N.txt``).

    Args:
        request: what is to be ranked.
        say: takes a sentence about each thing that a user should know.
        progress: shows how far the run is.

    Raises:
        InputError: something is wrong with the options or the input, or a file cannot be written.
        RunError: a process died.
    """
    request.check()
    _check_output(request.output)
    notes: list[str] = []

    def tell(note: str) -> None:
        notes.append(note)
        say(note)

    study = find_study(request, tell)
    if request.top is not None and not study.folders:
        raise InputError(
            f"--top lists a folder for each source, and in {request.folders[0]} all sources share one; leave --top away"
        )
    making = each(partial(measure_image, request.tolerance), study.subjects, request.workers)
    measured = dict(progress(making, "Measuring", len(study.subjects)))
    of_image = {image: [one.name for one in subject.candidates] for image, subject in study.subjects.items()}
    table = gather(measured, study.sources, of_image, study.names)
    for sentence in [*doubts(table), *odd_candidates(measured)]:
        tell(sentence)
    labels = [rank_structure(table, name, request.ceiling) for name in (None, *table.structures)]
    ranking = Ranking(
        labels,
        study.sources,
        len(table.images),
        table.judged,
        request.ceiling,
        request.tolerance,
        table.pairs,
        table.together,
        judge_images(measured, request.ceiling),
        notes,
    )
    write_ranking(ranking, request.output)
    if request.top is not None:
        _write_top(ranking, study, request.output / f"top_{request.top}.txt", request.top)
    return ranking


def doubts(table: Table) -> list[str]:
    """What a ranking of these sources cannot tell, one sentence each.

    Raises:
        InputError: there is nothing to compare at all.
    """
    if not table.structures:
        raise InputError(
            f"no candidate shows any label, such as those of '{table.images[0]}'; give label maps with labels"
        )
    found = []
    if len(table.sources) == 2:
        found.append("two sources: their agreement cannot tell which one is better, only how far apart they are")
    if not table.judged:
        found.append(
            "agreement cannot show the errors that all sources share; the intervals assume how many there are "
            "(-ceiling), and true labels of a few images (-gt) replace the assumption"
        )
    return found + copies(table)


def copies(table: Table) -> list[str]:
    """A sentence about each group of sources that are rather one than several."""
    return [
        f"{', '.join(repr(table.sources[place]) for place in group)} make the same errors, like copies of one source, "
        f"and count as one judge of the others"
        for group in groups(np.nan_to_num(table.together))
    ]


def odd_candidates(measured: Mapping[str, ImageMeasures]) -> list[str]:
    """Candidates that are no poor ones but wrong ones, one sentence each."""
    found = [
        f"candidate '{source}' of image '{image}' {odd}"
        for image, one in sorted(measured.items())
        for source, odd in one.oddities.items()
    ]
    doubtful = {
        (image, source): small
        for image, one in sorted(measured.items())
        for source, small in one.doubtful.items()
        if source not in one.oddities
    }
    return found + sentences(of_another_image(doubtful, {image: one.thumbnail for image, one in measured.items()}))


def _check_output(output: Path) -> None:
    if output.exists() and not (output / JSON).is_file() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(f"-o {output} is there and is no ranking, which could be replaced; choose another folder")


def _write_top(ranking: Ranking, study: Study, path: Path, top: int) -> None:
    best = ranking.labels[0].sources[:top]
    with writing(path):
        write_text(path, "".join(f"{study.folders[one.source]}\n" for one in best))

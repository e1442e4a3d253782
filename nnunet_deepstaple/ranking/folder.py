"""Rank the sources of a folder: find, measure image by image, estimate, write."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ..errors import InputError
from ..files.atomic import write_text, writing
from ..files.outputs import replaced_folder
from ..processes import each
from ..progress import Progress
from ..wording import first_of
from .doubts import doubts, odd_candidates, odd_truths
from .files import JSON, Ranking, write_ranking
from .images import judge_images
from .measure import ImageMeasures, measure_image
from .only_true import without_only_true
from .pair_means import PairMeans
from .ranking import rank_structure
from .request import RankingRequest
from .sketches import Differences
from .study import Study, find_study
from .table import gather


def rank_folder(request: RankingRequest, say: Callable[[str], object], progress: Progress) -> Ranking:
    """Rank sources, and write ranking.csv, images.csv and ranking.json (and with ``top``, ``top_N.txt``).

    The results are written into ``request.output``; :func:`new_ranking` gives the folder.

    Args:
        request: what is to be ranked.
        say: takes a sentence about each thing that a user should know.
        progress: shows how far the run is.

    Raises:
        InputError: something is wrong with the options or the input, or a file cannot be written.
        RunError: a process died.
    """
    request.check()
    notes: list[str] = []

    def tell(note: str) -> None:
        notes.append(note)
        say(note)

    study = find_study(request, tell, progress)
    if request.top is not None and not study.folders:
        raise InputError(
            f"--top lists a folder for each source, and in {request.folders[0]} all sources share one; sort the "
            f"files into folders <source>/<image><ending>, or leave out --top"
        )
    if request.top is not None and request.top > len(study.sources):
        tell(f"--top {request.top}: there are only {len(study.sources)} sources; all are listed")
    making = each(partial(measure_image, request.tolerance), study.subjects, request.workers)
    of_image = {image: [one.name for one in subject.candidates] for image, subject in study.subjects.items()}
    measured: dict[str, ImageMeasures] = {}
    of_files: dict[str, Sequence[str]] = {}
    pairs, differences = PairMeans(study.sources), Differences(study.sources)
    for image, one in progress(making, "Measuring", len(study.subjects)):
        measured[image], of_files[image] = one.kept, one.notes
        pairs.add(of_image[image], one)
        if one.kept.structures:
            differences.add(image, of_image[image], one.kept.match, one.sketches)
    measured, left_out = without_only_true(measured, request.truth)
    table = gather(measured, study.sources, of_image, study.names, pairs)
    rounded = first_of([note for _, found in sorted(of_files.items()) for note in found])
    for sentence in [*rounded, *left_out, *doubts(table), *odd_truths(measured), *odd_candidates(measured)]:
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
        differences.found,
        notes,
    )
    write_ranking(ranking, request.output)
    if request.top is not None:
        _write_top(ranking, study, request.output / top_file(request.top), request.top)
    return ranking


def top_file(top: int) -> str:
    """Name of the list of the ``top`` best sources."""
    return f"top_{top}.txt"


@contextmanager
def new_ranking(output: Path) -> Iterator[Path]:
    """Give a hidden folder to rank into, which takes the place of ``output`` if the block ends without error.

    Raises:
        InputError: ``output`` exists and is not a ranking, another run is writing it, or it cannot be written.
    """
    if output.exists() and not (output / JSON).is_file() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(f"-o {output} exists and is not a ranking, so it is not replaced; choose another folder")
    with replaced_folder(output) as growing:
        yield growing


def _write_top(ranking: Ranking, study: Study, path: Path, top: int) -> None:
    best = ranking.labels[0].sources[:top]
    with writing(path):
        write_text(path, "".join(f"{study.folders[one.source]}\n" for one in best))

"""Candidates that are not all alike: what their sources mean, and what has to be asked about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..processes import Workers, each
from ..progress import Progress
from .candidates import STRUCTURES, STRUCTURES_BY_IMAGE, Candidates, Say
from .doubts import ask
from .label_names import read_label_names
from .sources.annotated import recorded_sources
from .sources.gather import Sources, differ, gather
from .sources.statements import read_own_labels
from .structures.overlaps import overlaps_of
from .structures.planning import plan_structures


@dataclass(frozen=True)
class SourceRequest:
    """What a user says of the sources.

    Attributes:
        sources: ``sources.json``; None for none.
        labels: label names for all sources that nobody else says anything of, and the common numbering; None for none.
        all_annotate: each source annotates all labels, whether it ever has them or not.
        allow_doubtful: note what makes a result doubtful rather than refuse it.
        workers: who reads files of structures.
    """

    sources: Path | None = None
    labels: Path | None = None
    all_annotate: bool = False
    allow_doubtful: bool = False
    workers: Workers = 1


def sources_of(
    candidates: Candidates, layout: str, request: SourceRequest, say: Say, progress: Progress
) -> tuple[Candidates, Sources | None]:
    """What the sources of the candidates mean; None where all mean the same by the same numbers.

    Args:
        candidates: of each image.
        layout: in which they were found.
        request: what is said of them.
        say: told what was decided for the user.
        progress: shows how far the reading of structures is.

    Returns:
        The candidates, those with one file a structure ready to be read, and the sources.

    Raises:
        InputError: nobody says what a source means, or what is said cannot be.
    """
    if layout in (STRUCTURES, STRUCTURES_BY_IMAGE):
        if request.sources:
            raise InputError(
                f"{request.sources}: files of structures name their structures themselves; leave -sources away, or "
                f"rename the files"
            )
        cases = {candidate.case: candidate for found in candidates.values() for candidate in found}
        reading = progress(each(overlaps_of, cases, request.workers), "Reading structures", len(cases))
        return plan_structures(candidates, dict(reading), request.labels, say)
    if request.sources or differ(candidates):
        found = gather(candidates, request.sources, request.labels, say, request.allow_doubtful)
        return candidates, found.with_all_annotated() if request.all_annotate else found
    return candidates, recorded_sources(candidates)


def ask_about(
    candidates: Candidates, sources: Sources | None, request: SourceRequest, beside: Sequence[Path], say: Say
) -> None:
    """Ask what has to be answered before candidates can be used (:func:`.doubts.ask`).

    Args:
        candidates: of each image.
        sources: what they mean.
        request: what is said of them.
        beside: each dataset.json that lies with them.
        say: told of questions that are not asked.

    Raises:
        InputError: there is a question, and doubts are not allowed.
    """
    if any(candidate.structures for found in candidates.values() for candidate in found):
        return  # their files are named after what they mean
    said = [read_own_labels(path) for path in beside] + ([read_label_names(request.labels)] if request.labels else [])
    ask(
        candidates,
        sources,
        say,
        all_annotate=request.all_annotate,
        allow_doubtful=request.allow_doubtful,
        named={value for names in said if names is not None for value in names.values},
        said=request.sources is not None,
    )

"""Candidates that are not all alike: what their sources mean, and the questions that a user must answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..processes import Workers, each
from ..progress import Progress
from .candidate_looks import CandidatesLook
from .candidates import ALLOW, STRUCTURES, STRUCTURES_BY_IMAGE, Candidates, Say
from .doubts import ask
from .exchanged_grids import exchanged_by_grid
from .label_names import read_label_names
from .sources.annotated import recorded_sources
from .sources.gather import Sources, differ, gather
from .sources.statements import read_own_labels
from .structures.overlaps import looks_of, overlaps_of
from .structures.planning import plan_structures


@dataclass(frozen=True)
class SourceRequest:
    """What a user says about the sources.

    Attributes:
        sources: ``sources.json``; None for none.
        labels: label names for all sources without label names of their own, and the common numbering; None for none.
        all_annotate: each source annotates all labels, even labels that it never shows.
        allow_doubtful: only note what makes a result doubtful, instead of refusing it.
        resample: label maps on another grid than most of their image are brought onto that.
        workers: who reads files of structures.
    """

    sources: Path | None = None
    labels: Path | None = None
    all_annotate: bool = False
    allow_doubtful: bool = False
    resample: bool = False
    workers: Workers = 1


class SourceOptions:
    """For requests that have these options among others."""

    sources: Path | None
    labels: Path | None
    all_annotate: bool
    allow_doubtful: bool
    resample: bool
    workers: Workers

    @property
    def of_sources(self) -> SourceRequest:
        """What the user says about the sources."""
        return SourceRequest(
            self.sources, self.labels, self.all_annotate, self.allow_doubtful, self.resample, self.workers
        )


def sources_of(
    candidates: Candidates, layout: str, request: SourceRequest, say: Say, progress: Progress
) -> tuple[Candidates, Sources | None, dict[str, CandidatesLook]]:
    """What the label values of each source mean; None where the same values mean the same in all sources.

    Args:
        candidates: of each image.
        layout: the layout in which they were found.
        request: what the user says about the sources.
        say: gets one sentence for each decision made for the user.
        progress: shows how far the reading of structures is.

    Returns:
        The candidates, the sources, and what was found in the images that were read. Candidates with one file per
        structure are ready to be read.

    Raises:
        InputError: nobody says what a source means, or what is said is impossible.
    """
    if layout in (STRUCTURES, STRUCTURES_BY_IMAGE):
        if request.sources:
            raise InputError(
                f"{request.sources}: files of structures name their structures themselves; leave out -sources, or "
                f"rename the files"
            )
        cases = {candidate.case: candidate for found in candidates.values() for candidate in found}
        reading = progress(each(overlaps_of, cases, request.workers), "Reading structures", len(cases))
        overlaps = dict(reading)
        ordered, said = plan_structures(candidates, overlaps, request.labels, say)
        return ordered, said, looks_of(ordered, overlaps)
    if request.sources or differ(candidates):
        found = gather(candidates, request.sources, request.labels, say, request.allow_doubtful)
        return candidates, found.with_all_annotated() if request.all_annotate else found, {}
    return candidates, recorded_sources(candidates), {}


def ask_about(
    candidates: Candidates, sources: Sources | None, request: SourceRequest, beside: Sequence[Path], say: Say
) -> dict[str, CandidatesLook]:
    """Ask the questions that a user must answer before candidates can be used (:func:`.doubts.ask`).

    Args:
        candidates: of each image.
        sources: what they mean.
        request: what the user says about the sources.
        beside: each dataset.json that lies with the candidates.
        say: gets the questions that are not asked.

    Returns:
        What was found in the images that were looked at.

    Raises:
        InputError: there is a question, and doubts are not allowed.
    """
    if any(candidate.structures for found in candidates.values() for candidate in found):
        return {}  # the names of their files say what they mean
    for sentence in exchanged_by_grid(candidates) if request.resample else ():
        if not request.allow_doubtful:
            raise InputError(f"{sentence}; or go on with {ALLOW}")
        say(sentence)
    said = [read_own_labels(path) for path in beside] + ([read_label_names(request.labels)] if request.labels else [])
    return ask(
        candidates,
        sources,
        say,
        all_annotate=request.all_annotate,
        allow_doubtful=request.allow_doubtful,
        named={value for names in said if names is not None for value in names.values},
        said=request.sources is not None,
    )

"""Make a report: find what belongs to it, make its pages, and move it to its place when it is complete."""

import csv
import io
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..datasets.sources.gather import Sources
from ..datasets.sources.table import rows_of
from ..errors import InputError
from ..files.atomic import put_in_place, write_text, writing
from ..files.outputs import only_run_for
from ..files.tables import as_text
from ..fusion.folder import fuse_folder
from ..fusion.planning.request import Request
from ..fusion.record.run_record import FILE as RECORD
from ..processes import each
from ..progress import Progress
from .image_report import NUMBERS, PAGES, PageContext, earlier_numbers, files_of, report_image
from .inputs import ImageInputs, ReportInputs, find_inputs
from .numbers import ImageNumbers
from .pages import Frame, index_page, sources_page, truth_page, write_assets
from .ranking import CAPTION, Ranked, rank
from .request import ReportRequest
from .sources import find_sources
from .strip_plot import plot_strips
from .truth import judge

INDEX, SOURCES, TRUTH, REVIEW, ASSETS = "index.html", "sources.html", "truth.html", "review.csv", "assets"
FUSED = "fused"
"""Folder of the consensus, if the report had to make the consensus."""


@dataclass(frozen=True)
class ReportSummary:
    """What a run did.

    Attributes:
        made: images whose page this run made.
        kept: images whose page an earlier run had made.
        ranked: all images, in the order in which to look at them.
        index: the page to open.
        sources: what each source means by its numbers; None where all candidates mean the same.
    """

    made: int
    kept: int
    ranked: Sequence[Ranked]
    index: Path
    sources: Sources | None


def make_report(request: ReportRequest, say: Callable[[str], object], progress: Progress) -> ReportSummary:
    """Make a report.

    The report is made in a hidden folder beside ``request.output`` and replaces it when it is complete. If the input is
    wrong, nothing is left on the disk. If a run was killed, a run that continues uses what it left.

    Args:
        request: what is to be reported.
        say: gets one sentence for each decision made for the user, and for each thing that is missing.
        progress: shows how far the run is.

    Raises:
        InputError: something is wrong with the options or the input, or a file cannot be written.
        RunError: a process died.
    """
    request.check()
    output = request.output.absolute()
    _check_output(request.output)
    with only_run_for(output):
        made = _make(replace(request, output=output), say, progress)
    return replace(made, index=request.output / INDEX)


def _make(request: ReportRequest, say: Callable[[str], object], progress: Progress) -> ReportSummary:
    notes: list[str] = []
    growing = request.output.with_name(f".{request.output.name}.growing")
    try:
        _begin(growing, request)
        inputs = find_inputs(request, request.fused or _fuse(request, growing, notes.append, progress), notes.append)
        notes = list(dict.fromkeys(notes))  # the fusion and the report may have the same note
        for note in notes:
            say(note)
        frame = Frame(inputs.key, inputs.rule, inputs.score_name, inputs.label_names, request.truth is not None)
        kept = _kept(growing, request.output, frame, inputs.images) if request.keep else {}
        pending = {image: one for image, one in inputs.images.items() if image not in kept}
        making = each(partial(report_image, PageContext(growing, frame)), pending, request.workers)
        made = dict(progress(making, "Looking", len(pending)))
        ranked = rank(list((kept | made).values()))
        with writing(request.output):
            _write_shared(growing, request.output, inputs, frame, ranked, notes)
            put_in_place(growing, request.output)
    except (InputError, OSError):
        shutil.rmtree(growing, ignore_errors=True)
        raise
    return ReportSummary(len(made), len(kept), ranked, request.output / INDEX, inputs.sources)


def _check_output(output: Path) -> None:
    if output.exists() and not (output / NUMBERS).is_dir() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(f"-o {output} exists and is not a report, so it is not replaced; choose another folder")


def _begin(growing: Path, request: ReportRequest) -> None:
    """Make the folder in which the report is made; if this run continues, keep what an earlier run left there."""
    with writing(growing):
        if not request.keep:
            shutil.rmtree(growing, ignore_errors=True)
        for name in (PAGES, NUMBERS):
            (growing / name).mkdir(parents=True, exist_ok=True)
        earlier = request.output / FUSED
        if request.keep and earlier.is_dir() and not (growing / FUSED).exists():
            shutil.copytree(earlier, growing / FUSED)


def _fuse(request: ReportRequest, growing: Path, say: Callable[[str], object], progress: Progress) -> Path:
    """Fuse as ``ds_fuse`` does with only these options, and return the folder of the results."""
    fused = growing / FUSED
    wanted = Request(
        request.folders,
        fused,
        request.layout,
        score_files=request.score_files,
        sources=request.sources,
        labels=request.labels,
        all_annotate=request.all_annotate,
        resample=request.resample,
        allow_doubtful=request.allow_doubtful,
        workers=request.workers,
        keep=(fused / RECORD).is_file(),
    )
    fuse_folder(wanted, say, progress)
    return fused


def _kept(growing: Path, output: Path, frame: Frame, images: Mapping[str, ImageInputs]) -> dict[str, ImageNumbers]:
    """Numbers of the images whose pages an earlier run made."""
    kept = {}
    for image, one in images.items():
        for folder in (growing, output):
            numbers = earlier_numbers(folder, frame, one)
            if numbers is None:
                continue
            if folder != growing:
                for old, new in zip(files_of(folder, one), files_of(growing, one), strict=True):
                    shutil.copyfile(old, new)
            kept[image] = numbers
            break
    return kept


def _write_shared(
    growing: Path, output: Path, inputs: ReportInputs, frame: Frame, ranked: Sequence[Ranked], notes: Sequence[str]
) -> None:
    images = [one.image for one in ranked]
    write_assets(growing / ASSETS, ranked)
    write_text(growing / INDEX, index_page(frame, ranked, plot_strips(ranked), notes, CAPTION))
    said = rows_of(inputs.sources) if inputs.sources else {}
    write_text(growing / SOURCES, sources_page(frame, images, find_sources(images), said, inputs.dependence))
    table = judge(ranked)
    if table:
        write_text(growing / TRUTH, truth_page(frame, images, table))
    review = worklist(ranked, inputs.images)
    write_text(growing / REVIEW, review.replace(str(growing.absolute()), str(output.absolute())))
    known = {path.name for one in inputs.images.values() for path in files_of(growing, one)}
    for folder in (growing / PAGES, growing / NUMBERS):
        for path in folder.iterdir():
            if path.name not in known:
                path.unlink()


def worklist(ranked: Sequence[Ranked], images: Mapping[str, ImageInputs]) -> str:
    """CSV of the images in the order of need, with the files that a person must open to correct an image."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["look_first", "image", "need", "warnings", "judged", "image_file", "consensus_file"])
    for place, one in enumerate(ranked, 1):
        inputs = images[one.image.image]
        files = (inputs.channel, inputs.fused.consensus)
        paths = ("" if path is None else str(path.absolute()) for path in files)
        warnings = "; ".join(one.warnings)
        cells = [one.image.image, f"{one.need:.6f}", warnings, one.image.rating, *paths]
        writer.writerow([place, *map(as_text, cells)])
    return text.getvalue()

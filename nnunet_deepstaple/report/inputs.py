"""Find what belongs to each image of a report, and check it as far as possible without reading images."""

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..datasets.candidates import Candidate, Candidates, find_candidates
from ..datasets.case_ids import comparable
from ..datasets.consensus_dataset import dataset_json_beside, ignore_label_beside, images_of_candidates
from ..datasets.label_names import read_label_names
from ..datasets.raw_dataset import find_images
from ..datasets.settings import datasets_beside
from ..datasets.sources.gather import Sources
from ..datasets.true_labels import find_true_labels
from ..datasets.unlike import ask_about, sources_of
from ..errors import InputError
from ..files.geometry import Geometry
from ..fusion.planning.atlas_images import find_atlas_images
from ..fusion.planning.choice import SCORE
from ..fusion.planning.grids import grids_of
from ..fusion.planning.predictions import find_predictions, predictions_in
from ..fusion.planning.score_sources import read_scores_of
from ..fusion.record.run_record import RunRecord
from ..fusion.votes.atlas_images import AtlasImages
from ..fusion.votes.meanings import Meaning
from ..fusion.weights.joint import RADIUS, JointOptions
from ..progress import no_progress
from ..wording import counted
from .dependence import DependencePicture, draw_dependence
from .fused_image import FusedImage, fused_image, record_in
from .request import ReportRequest


@dataclass(frozen=True)
class ComparedImages:
    """Images that a fusion compared.

    Attributes:
        files: of the target and of each candidate.
        options: how they were compared.
    """

    files: AtlasImages
    options: JointOptions


@dataclass(frozen=True)
class ImageInputs:
    """One image and all that is known of it.

    Attributes:
        page: file name of its page.
        candidates: its candidates.
        fused: the result of its fusion.
        scores: of the candidates that have one, by name.
        visits: of the candidates, by name, where known.
        predictions: the network's label maps of it.
        channel: file of its first channel; if None, only outlines are drawn.
        truth: file of its true labels; None where nobody knows them.
        ignored: label by which a candidate abstains; None where there is none.
        meanings: labels that each candidate's values stand for; empty where they are the same for all candidates.
        grid: the grid to which the label maps are resampled; None where they all lie on one grid.
        atlas_images: the images that the fusion compared; None where there are none.
    """

    page: str
    candidates: Sequence[Candidate]
    fused: FusedImage
    scores: Mapping[str, float]
    visits: Mapping[str, float]
    predictions: Sequence[Candidate]
    channel: Path | None
    truth: Path | None
    ignored: int | None
    meanings: Sequence[Meaning] = ()
    grid: Geometry | None = None
    atlas_images: ComparedImages | None = None

    @property
    def image(self) -> str:
        return self.candidates[0].image

    @property
    def files(self) -> list[Path]:
        """Every file that is read."""
        voters = [*self.candidates, *self.predictions]
        others = (self.fused.consensus, self.channel, self.truth)
        compared = self.atlas_images.files.paths if self.atlas_images else []
        return [*(voter.path for voter in voters), *(path for path in others if path is not None), *compared]


@dataclass(frozen=True)
class ReportInputs:
    """All images of a report.

    Attributes:
        key: identifies the folders of candidates, so that a report that is made again shows the earlier judgements.
        images: by image.
        rule: name of the rule that made the consensus.
        score_name: what the scores are called.
        label_names: name of each label value; empty where no dataset.json names them.
        sources: what each source means by its numbers; None where all candidates mean the same.
        dependence: which candidates make the same errors; None where none do, or the rule does not estimate it.
    """

    key: str
    images: dict[str, ImageInputs]
    rule: str
    score_name: str
    label_names: dict[int, str]
    sources: Sources | None
    dependence: DependencePicture | None = None


def find_inputs(request: ReportRequest, fused: Path, say: Callable[[str], object]) -> ReportInputs:
    """Find what belongs to each image, as ``ds_fuse`` does.

    Args:
        request: where to look.
        fused: what ``ds_fuse`` wrote.
        say: gets one sentence for each decision made for the user, and for each thing that is missing.

    Raises:
        InputError: something is missing, or files do not belong together.
    """
    listed, layout = find_candidates(request.folders, request.layout, say, request.allow_doubtful)
    candidates, sources, _ = sources_of(listed, layout, request.of_sources, say, no_progress)
    beside = datasets_beside(request.folders, [one for some in candidates.values() for one in some])
    ask_about(candidates, sources, request.of_sources, beside, say)
    truth = find_true_labels(request.truth, candidates, say)
    moved: list[str] = []
    grids = grids_of(candidates, moved, truth) if request.resample else {}
    for note in moved:
        say(note)
    homes = [*request.folders, *([] if request.truth is None else [request.truth])]
    ignored = None if sources else ignore_label_beside(homes, candidates)
    record = record_in(fused)
    score_files = _score_files(request, record)
    scores = read_scores_of(candidates, score_files, say) if score_files else None
    name = record.score or SCORE
    column = _comparable(scores.column(name)) if scores else {}
    visits = _comparable(scores.column("visits")) if scores and "visits" in scores.columns else {}
    made = {image: fused_image(fused, record, found) for image, found in candidates.items()}
    if changed := [case for one in made.values() for case in one.changed]:
        say(
            f"{counted(len(changed), 'candidate')} changed since the fusion, such as '{changed[0]}': the consensus is "
            f"of what they were; fuse again"
        )
    predictions = _predictions(record, score_files, candidates)
    channels = _channels(request, candidates, say)
    compared = _compared(request, record, candidates, say)
    pages = page_names(list(candidates))
    images = {
        image: ImageInputs(
            page=pages[image],
            candidates=found,
            fused=made[image],
            scores=_of_names(found, column),
            visits=_of_names(found, visits),
            predictions=predictions[image],
            channel=channels.get(image),
            truth=truth.get(image),
            ignored=ignored,
            meanings=[sources.meaning(candidate) for candidate in found] if sources else (),
            grid=grids.get(image),
            atlas_images=compared.get(image),
        )
        for image, found in candidates.items()
    }
    named = sources.vocabulary.label_names.labels if sources else _named_beside(request, candidates)
    return ReportInputs(
        key=_digest(json.dumps([str(folder.absolute()) for folder in request.folders])),
        images=images,
        rule=record.rule,
        score_name=name if scores else "",
        label_names={value: label for label, value in named.items() if isinstance(value, int)},
        sources=sources,
        dependence=draw_dependence(record.images),
    )


def _named_beside(request: ReportRequest, candidates: Candidates) -> dict[str, int | list[int]]:
    dataset_json = dataset_json_beside(request.folders, candidates)
    return read_label_names(dataset_json).labels if dataset_json else {}


def page_names(images: Sequence[str]) -> dict[str, str]:
    """File name of each image's page: valid on every system and in every address, and unique."""
    safe = {image: re.sub(r"[^A-Za-z0-9._-]", "-", image)[:80].lstrip(".-") for image in images}
    folded = Counter(name.casefold() for name in safe.values())
    pages = {image: name for image, name in safe.items() if name == image and folded[name.casefold()] == 1}
    taken = {name.casefold() for name in pages.values()}
    for image, name in safe.items():
        tries = 0
        while image not in pages:
            page = f"{name or 'image'}-{_digest(image + ' ' * tries)}"
            tries += 1
            if page.casefold() not in taken:
                pages[image] = page
                taken.add(page.casefold())
    return {image: pages[image] for image in images}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]


def _score_files(request: ReportRequest, record: RunRecord) -> list[Path]:
    if request.score_files:
        return list(request.score_files)
    files = [Path(one.file) for one in record.score_files]
    for path in files:
        if not path.is_file():
            raise InputError(f"{path}, with whose scores the labels were fused, is missing; give it with -s")
    return files


def _comparable(column: Mapping[str, float]) -> dict[str, float]:
    return {comparable(case): value for case, value in column.items()}


def _of_names(candidates: Sequence[Candidate], column: Mapping[str, float]) -> dict[str, float]:
    values = {candidate.name: column.get(comparable(candidate.case), math.nan) for candidate in candidates}
    return {name: value for name, value in values.items() if math.isfinite(value)}


def _predictions(record: RunRecord, score_files: Sequence[Path], candidates: Candidates) -> Candidates:
    """The network's label maps of each image: those that voted, or else those beside the scores."""
    folders = [Path(folder) for folder in record.predictions_from] or find_predictions([], score_files)
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder}, whose predictions voted, is missing; put it back, or fuse again")
    found: Candidates = {image: [] for image in candidates}
    for folder in folders:
        for prediction in predictions_in(folder, candidates):
            found[prediction.image].append(prediction)
    return found


def _compared(
    request: ReportRequest, record: RunRecord, candidates: Candidates, say: Callable[[str], object]
) -> dict[str, ComparedImages]:
    """Images that the fusion compared, of each image; a sentence where they are no longer there."""
    if record.atlas_images_from is None or record.features is None:
        return {}
    images = Path(record.images_from) if record.images_from else None
    try:
        found, _ = find_atlas_images(request.folders, candidates, images, Path(record.atlas_images_from))
    except InputError as error:
        say(f"the pages do not show which atlas weighed most where: {error}")
        return {}
    options = JointOptions(
        record.features, RADIUS if record.patch_radius is None else record.patch_radius, record.search or 0
    )
    return {image: ComparedImages(files, options) for image, files in found.items()}


def _channels(request: ReportRequest, candidates: Candidates, say: Callable[[str], object]) -> dict[str, Path]:
    given = request.images is not None
    found = (
        find_images(request.images).channels if request.images else images_of_candidates(request.folders, candidates)
    )
    channels = {image: paths[0] for image, paths in found.items() if image in candidates and paths[0].is_file()}
    missing = [image for image in candidates if image not in channels]
    if given and not channels:
        raise InputError(
            f"-images {request.images} holds none of the images, such as '{missing[0]}_0000'; give their folder"
        )
    if missing:
        where = f"in {request.images}" if given else "found; -images names their folder"
        say(f"{len(missing)} of {len(candidates)} images are not {where}; their pages show outlines only")
    return channels

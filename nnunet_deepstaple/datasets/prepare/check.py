"""Check images and candidates before anything is written."""

from collections.abc import Mapping, Sequence
from functools import partial

from ...errors import InputError
from ...files.endings import NIFTI
from ...files.geometry import Geometry
from ...processes import each
from ...progress import Progress
from ..candidates import Candidate, Candidates, find_candidates
from ..case_ids import SEPARATOR, check_length
from ..common_labels import CommonReader
from ..duplicate_candidates import duplicate_candidates
from ..image_looks import judge, odd_spacings
from ..label_names import IGNORE, LabelNames, label_names_of_values
from ..label_sets import LabelSets
from ..matching import match
from ..raw_dataset import Images, find_images
from ..settings import DatasetSettings, datasets_beside, read_settings
from ..sources.gather import Sources
from ..spacing_files import images_without_spacing, labels_without_spacing
from ..unlike import ask_about, sources_of
from .image_headers import choose_reader, looks_like_ct, read_images
from .looks import CandidateLook, Looks, look_at
from .request import Preparation, PrepareRequest


def check(request: PrepareRequest, progress: Progress) -> Preparation:
    """Check images and candidates without writing anything.

    Args:
        request: what to prepare.
        progress: shows how far the reading is.

    Raises:
        InputError: something is wrong with the input.
    """
    notes: list[str] = []
    say = notes.append
    images = find_images(request.images, say)
    found, layout = find_candidates(request.candidates, request.layout, say, request.allow_doubtful, images.channels)
    candidates = match(images, found, request.images, request.candidates)
    candidates, sources, _ = sources_of(candidates, layout, request.of_sources, say, progress)
    geometries, channel_count = read_images(images)
    cases = [candidate for found in candidates.values() for candidate in found]
    for case in cases:
        check_length(case.case)
    notes += _renamed(cases)
    notes += images_without_spacing(images, geometries)
    notes += labels_without_spacing(cases, geometries)
    beside = datasets_beside(request.candidates, cases)
    own = beside[:1] if sources else beside  # each source has label names of its own
    settings = read_settings(request.labels, request.channels, own, channel_count, say)
    looked_at = ask_about(candidates, sources, request.of_sources, beside, say)
    notes += duplicate_candidates(candidates, looked_at)
    common = CommonReader(sources, request.resample)
    looks = _look(request, images, geometries, candidates, common, progress)
    reader = choose_reader(images, settings, say)
    zeroed = images.ending.lower() in NIFTI and (reader or "SimpleITK").startswith("SimpleITK")
    judge([look for image in looks for look in image.images], zeroed, say, request.allow_doubtful)
    notes += odd_spacings(geometries, images.channels)
    of_cases = dict(zip(cases, (one for image in looks for one in image.candidates), strict=True))
    names, remarks = _label_names(settings, sources, of_cases, request.allow_doubtful)
    notes += remarks
    notes += looks_like_ct(images, settings.channels)
    return Preparation(
        images=images,
        geometries=geometries,
        candidates=candidates,
        layout=layout,
        names=names,
        names_source=settings.source,
        channel_names=settings.channels,
        reader=reader,
        rewritten={case.case for case, look in of_cases.items() if look.rewritten},
        notes=notes,
        common=common,
    )


def _look(
    request: PrepareRequest,
    images: Images,
    geometries: dict[str, Geometry],
    candidates: Candidates,
    common: CommonReader,
    progress: Progress,
) -> list[Looks]:
    """Read all label maps, and the images' voxels unless they are trusted; one entry for each image, in their order."""
    reading = each(
        partial(look_at, images.ending, common),
        {
            image: (geometries[image], found, [] if request.trust_images else images.channels[image])
            for image, found in candidates.items()
        },
        request.workers,
    )
    looks = dict(progress(reading, "Checking images and candidates", len(candidates)))
    return [looks[image] for image in candidates]


def _label_names(
    settings: DatasetSettings, sources: Sources | None, looks: Mapping[Candidate, CandidateLook], allow_doubtful: bool
) -> tuple[LabelNames, list[str]]:
    """Names of the dataset's labels, and what a user should know about the candidates' label maps.

    Args:
        settings: of the new dataset.
        sources: what the label values mean; None where the same values mean the same in all sources.
        looks: what each candidate holds.
        allow_doubtful: only note what makes the result doubtful.

    Raises:
        InputError: labels have no names, or are those of no label map.
    """
    sets, notes, doubts = LabelSets(), list[str](), list[str]()
    for case, look in looks.items():
        notes += look.notes
        sets.add(case, look.values, look.graded)
    sets.judge(doubts.append, allow_doubtful)
    names = sources.label_names(needs_ignore=False) if sources else _names(settings, sets, doubts)
    if any(look.silent for look in looks.values()) and names.ignore_label is None:
        names = LabelNames({**names.labels, IGNORE: names.values[-1] + 1}, names.regions_class_order)
    return names, [*notes, *doubts]


def _renamed(cases: Sequence[Candidate]) -> list[str]:
    """A sentence about names that nnU-Net, or the split of a case id, would misread."""
    found = [one for one in cases if one.case != f"{one.image}{SEPARATOR}{one.name}"]
    if not found:
        return []
    return [
        f"{len(found)} cases have names that would be taken for something else and are escaped, such as "
        f"'{found[0].case}' for candidate '{found[0].name}' of image '{found[0].image}'; ds_fuse reads them back"
    ]


def _names(settings: DatasetSettings, sets: LabelSets, doubts: Sequence[str]) -> LabelNames:
    """Label names as they were given, or else made from the values.

    Raises:
        InputError: a value has no name, or the values are not consecutive; ``doubts`` may explain why.
    """
    files = sets.files
    try:
        if settings.names is None:
            return label_names_of_values(files, files[max(files)] if files else None)
        if unnamed := sorted(set(files).difference(settings.names.values)):
            raise InputError(
                f"{files[unnamed[0]]} holds the label {unnamed[0]}, which {settings.source} does not name; correct the "
                f"label map, name the label there, or give other names with -labels"
            )
    except InputError as error:
        raise InputError(f"{doubts[0]} If so, mend that first; else {error}" if doubts else str(error)) from error
    return settings.names

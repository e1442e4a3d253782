"""Find the candidate label maps of each image."""

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import InputError
from ..wording import span
from .case_ids import SEPARATOR, case_id, spelled, split_case
from .listing import Listing, is_fusion, label_maps_in, look_into, some

STRUCTURES, STRUCTURES_BY_IMAGE = "structures", "structures_by_image"
"""Layouts with one file per structure."""

LAYOUTS = ("flat", "by_candidate", "by_image", STRUCTURES, STRUCTURES_BY_IMAGE)

ALLOW = "--allow_doubtful"
"""The switch of the commands that accepts what makes a result doubtful, and only notes it."""

Say = Callable[[str], object]
"""Function that gets a sentence about a thing that a user should know."""


@dataclass(frozen=True)
class Structure:
    """A file that marks one structure.

    Attributes:
        name: of the structure.
        path: the file; the structure is all that is not 0 in it.
        label: number of the structure in the candidate's label map; 0 while it is not known.
    """

    name: str
    path: Path
    label: int = 0


@dataclass(frozen=True)
class Candidate:
    """One label map proposed for one image.

    Attributes:
        image: the image's id.
        name: of the candidate.
        path: its file; the file of its first structure, if it has one file per structure.
        structures: these files, in the order in which they are painted (:mod:`.structures`); empty if it has one file.
    """

    image: str
    name: str
    path: Path
    structures: tuple[Structure, ...] = ()

    @property
    def case(self) -> str:
        """Id of the (image, candidate) pair, ``<image>__<candidate>``."""
        return case_id(self.image, self.name)


Candidates = dict[str, list[Candidate]]
"""Candidates of each image, both sorted by name."""


def find_candidates(
    folders: Sequence[Path],
    layout: str | None = None,
    say: Say = str,
    allow_doubtful: bool = False,
    images: Collection[str] = (),
) -> tuple[Candidates, str]:
    """List the candidates that lie in ``folders``.

    Args:
        folders: where to look.
        layout: ``flat`` (``<image>__<candidate><ending>``), ``by_candidate`` (``<candidate>/<image><ending>``; with
            several folders, each is one candidate), ``by_image`` (``<image>/<candidate><ending>``), ``structures``
            (``<candidate>/<image>/<structure><ending>``; with several folders, each is one candidate) or
            ``structures_by_image`` (``<image>/<candidate>/<structure><ending>``). None chooses one of the first two by
            the content of the folders.
        say: gets a sentence about what is ignored, and about which candidates lack which images.
        allow_doubtful: ignore files that may be candidates but cannot be read, instead of refusing them.
        images: ids of the images, where they are known; if the outer folders have their names, ``structures`` means
            ``structures_by_image``.

    Returns:
        The candidates, and the layout in which they were found.

    Raises:
        InputError: a folder is missing or empty, the layout is not clear, two files are the same candidate, or a
            candidate may be lost: a broken link, or a format that nnU-Net does not read.
    """
    given = {folder: _look_into_given(folder) for folder in dict.fromkeys(folders)}
    if len(given) < len(folders):
        twice = next(folder for number, folder in enumerate(folders) if folder in folders[:number])
        raise InputError(f"{twice} is given twice; name each folder once")
    layout = layout or _tell_layout(given)
    if layout not in LAYOUTS:
        raise InputError(f"-layout {layout} is not known; choose one of {', '.join(LAYOUTS)}")
    if layout == STRUCTURES and _are_images(given, images):
        layout = STRUCTURES_BY_IMAGE
    outer = _outer(given, layout)
    holding = _holding(outer, layout)
    _account(given | outer, holding, layout, say, allow_doubtful)
    candidates: dict[str, dict[str, Candidate]] = defaultdict(dict)
    for candidate in _spelled_alike(_list(holding, layout), say):
        twin = candidates[candidate.image].setdefault(candidate.name, candidate)
        if twin is not candidate:
            raise InputError(
                f"{_tell_apart(candidate.path, twin.path)} are both candidate '{candidate.name}' of image "
                f"'{candidate.image}'; rename or remove one"
            )
    if not candidates:
        deeper = layout == "by_candidate" and any(path.is_dir() for folder in folders for path in folder.glob("*/*"))
        remedy = (
            f"its files lie deeper; if each is one structure, give -layout {STRUCTURES}"
            if deeper
            else ("is -layout right? (names that begin with a dot are passed over)")
        )
        raise InputError(f"{_names(folders)}: no label maps found in layout '{layout}'; {remedy}")
    found = {image: [named[name] for name in sorted(named)] for image, named in sorted(candidates.items())}
    for sentence in incomplete(found):
        say(sentence)
    return found, layout


def incomplete(candidates: Candidates) -> list[str]:
    """A sentence about each candidate that lacks images, and about images with only one candidate.

    Sometimes each candidate has only a few images, for example if every image has its own raters. Then one sentence
    says how many candidates the images have.
    """
    images_of: dict[str, list[str]] = defaultdict(list)
    for image, found in candidates.items():
        for one in found:
            images_of[one.name].append(image)
    total = len(candidates)
    lacking = {name: images for name, images in sorted(images_of.items()) if len(images) < total}
    sentences = []
    if any(2 * len(images) >= total for images in images_of.values()):
        for name, images in lacking.items():
            missing = [image for image in candidates if image not in set(images)]
            sentences.append(f"candidate '{name}' lacks {len(missing)} of {total} images: {_some(missing)}")
    elif lacking:
        counts = span([len(found) for found in candidates.values()])
        sentences.append(
            f"no candidate has half of the images; there are {counts} candidates an image, with {len(images_of)} names"
        )
    alone = [image for image, found in candidates.items() if len(found) == 1]
    if alone and len(images_of) > 1:
        sentences.append(f"{len(alone)} of {total} images have one candidate only: {_some(alone)}")
    return sentences


def names_of_folders(folders: Sequence[Path]) -> list[str]:
    """Name of each candidate that is a folder: its base name as it was given, without following links.

    If several folders have the same base name (``fold_0/validation``, ``fold_1/validation``), the name is the part of
    the path in which they differ.

    Raises:
        InputError: a folder has no name, or the paths of two look the same.
    """
    absolute = [Path(os.path.abspath(folder)) for folder in folders]  # noqa: PTH100 (resolve would follow links)
    alike: dict[str, list[Path]] = defaultdict(list)
    for path in absolute:
        if not path.name:
            raise InputError(f"{path} has no name that a candidate could have; give a folder in it")
        alike[spelled(path.name)].append(path)
    different = {path: name for paths in alike.values() for path, name in zip(paths, _differing(paths), strict=True)}
    return [different[path] for path in absolute]


def _differing(paths: Sequence[Path]) -> list[str]:
    parts = [tuple(map(spelled, path.parts[1:])) for path in paths]
    if len(parts) == 1:
        return [paths[0].name]
    if len(set(parts)) < len(parts):
        one, other = next(
            (paths[parts.index(part)], paths[number]) for number, part in enumerate(parts) if part in parts[:number]
        )
        raise InputError(
            f"{_tell_apart(one, other)} look the same, but their accents are written in two ways; rename one "
            f"folder, or join them"
        )
    while len({part[-1] for part in parts}) == 1 and min(map(len, parts)) > 1:
        parts = [part[:-1] for part in parts]
    length = 1
    while len({part[-length:] for part in parts}) < len(parts):
        length += 1
    return ["_".join(part[-length:]) for part in parts]


def _look_into_given(folder: Path) -> Listing:
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give the folder that holds the candidates")
    if is_fusion(folder):
        raise InputError(
            f"{folder} holds an earlier result of ds_fuse, which is not a candidate; leave it out (or remove its "
            f"fusion.json if its label maps are to vote)"
        )
    return look_into(folder)


def _tell_layout(given: dict[Path, Listing]) -> str:
    files = [path for listing in given.values() for path, _ in listing.label_maps]
    paired = [path for path in files if SEPARATOR in path.name]
    if len(given) == 1:
        [(folder, listing)] = given.items()
        if files and any(label_maps_in(inner) for inner in listing.folders):
            raise InputError(
                f"{folder} holds both label maps and folders of label maps; "
                f"say which are meant with -layout flat or -layout by_candidate"
            )
        return "flat" if files else "by_candidate"
    if files and len(paired) == len(files):
        raise InputError(
            f"{_names(given)}: all names contain '{SEPARATOR}', so they could be <image>{SEPARATOR}<candidate> or "
            f"images with '{SEPARATOR}' in their id; say which with -layout flat or -layout by_candidate"
        )
    return "by_candidate"


def _are_images(given: dict[Path, Listing], images: Collection[str]) -> bool:
    """Whether the folders in the given folders have the names of images."""
    known = {spelled(image) for image in images}
    return any(spelled(folder.name) in known for listing in given.values() for folder in listing.folders)


def _outer(given: dict[Path, Listing], layout: str) -> dict[Path, Listing]:
    """The folders that hold candidates, or folders of candidates; with structures they can be one level deeper."""
    if layout not in (STRUCTURES, STRUCTURES_BY_IMAGE) or (layout == STRUCTURES and len(given) > 1):
        return given
    return {folder: look_into(folder) for listing in given.values() for folder in listing.folders}


def _holding(given: dict[Path, Listing], layout: str) -> dict[Path, Listing]:
    """The folders whose files are candidates or structures in this layout."""
    if layout == "flat" or (layout == "by_candidate" and len(given) > 1):
        return given
    return {folder: look_into(folder) for listing in given.values() for folder in listing.folders}


def _account(
    given: dict[Path, Listing], holding: dict[Path, Listing], layout: str, say: Say, allow_doubtful: bool
) -> None:
    """Report everything that is not used, and refuse what may be a lost candidate."""
    for folder, listing in (given | holding).items():
        if listing.unread:
            sentence = (
                f"{some(listing.unread)} may be candidates, in a format or under an ending that nnU-Net does not read"
            )
            if not allow_doubtful:
                raise InputError(f"{sentence}; convert or rename them, or go on without them with {ALLOW}")
            say(sentence)
        if listing.fusions:
            say(f"passed over, since ds_fuse wrote it: {some(listing.fusions)}")
        if listing.others:
            say(f"passed over in {folder}, being no label maps: {some(listing.others, folder)}")
        if folder not in holding and listing.label_maps:
            beside = some((path for path, _ in listing.label_maps), folder)
            say(f"passed over in {folder}, since layout '{layout}' looks into its folders: {beside}")
        if folder in holding and listing.folders:
            say(f"passed over in {folder}, since layout '{layout}' looks no deeper: {some(listing.folders, folder)}")
    for folder, listing in holding.items():
        if not listing.label_maps:
            if folder in given:
                raise InputError(f"{folder} holds no label maps; leave it out, or give the folder that holds them")
            say(f"{folder} holds no label maps")


def _list(holding: dict[Path, Listing], layout: str) -> Iterable[Candidate]:
    if layout in (STRUCTURES, STRUCTURES_BY_IMAGE):
        yield from _list_structures(holding, layout == STRUCTURES_BY_IMAGE)
        return
    if layout == "by_candidate":
        names = names_of_folders(list(holding))
    for number, (folder, listing) in enumerate(holding.items()):
        for path, stem in listing.label_maps:
            if layout == "by_candidate":
                yield Candidate(stem, names[number], path)
            elif layout == "by_image":
                yield Candidate(folder.name, stem, path)
            else:
                try:
                    image, name = split_case(stem)
                except InputError as error:
                    raise InputError(
                        f"{path} is not named <image>{SEPARATOR}<candidate>; rename it, give another -layout, or, if "
                        f"its folder is one of several candidates, give the folders of all"
                    ) from error
                yield Candidate(image, name, path)


def _list_structures(holding: dict[Path, Listing], by_image: bool) -> Iterable[Candidate]:
    """A candidate for each folder of structures."""
    outer = list(dict.fromkeys(folder.parent for folder in holding))
    names = dict(zip(outer, names_of_folders(outer), strict=True))
    for folder, listing in holding.items():
        found: dict[str, Structure] = {}
        for path, stem in listing.label_maps:
            if (twin := found.setdefault(stem, Structure(stem, path))).path != path:
                raise InputError(f"{twin.path} and {path.name} are both structure '{stem}'; remove one")
        image, name = (folder.parent.name, folder.name) if by_image else (folder.name, names[folder.parent])
        if found:
            yield Candidate(image, name, listing.label_maps[0][0], tuple(found.values()))


def _spelled_alike(candidates: Iterable[Candidate], say: Say) -> Iterable[Candidate]:
    """Give names that look the same (an accented letter may be one character or two) the spelling of the first."""
    spelling: dict[str, str] = {}
    differing: set[str] = set()
    for candidate in candidates:
        image = spelling.setdefault(spelled(candidate.image), candidate.image)
        name = spelling.setdefault(spelled(candidate.name), candidate.name)
        differing.update({candidate.image, candidate.name} - {image, name})
        yield (
            candidate
            if (image, name) == (candidate.image, candidate.name)
            else replace(candidate, image=image, name=name)
        )
    if differing:
        say(f"accents are written in two ways in {_some(sorted(differing))}; names that look the same are the same")


def _tell_apart(one: Path, other: Path) -> str:
    if spelled(str(one)) == spelled(str(other)):
        return f"{str(one)!a} and {str(other)!a}"
    return f"{one} and {other}"


def _names(folders: Iterable[Path]) -> str:
    return ", ".join(str(folder) for folder in folders)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")

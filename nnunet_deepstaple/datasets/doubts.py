"""Questions about candidates that may not mean what they seem to mean; all commands ask them before they do anything.

Some images are read for this. If a source never has a label, does it not annotate that label? Does 255 mark voxels
about which nobody is sure? Are two numbers exchanged, or are files classes instead of candidates
(:mod:`.pair_overlaps`)?
"""

from collections.abc import Collection, Mapping

from ..errors import InputError
from ..files.buffer import Buffer
from .candidate_looks import CandidatesLook, look_at_candidates
from .candidates import ALLOW, Candidates, Say
from .label_names import show_values
from .pair_overlaps import questions, strays
from .sources.gather import Sources

LOOKED_AT = 6
"""Largest number of images that are read, spread over all images."""

_FEWEST = 3
"""Least number of images in which a source must lack what the others have."""

_GAP = 2
"""A number more than this many times as large as the next smaller one does not belong to the same series."""


def ask(
    candidates: Candidates,
    sources: Sources | None,
    say: Say,
    *,
    all_annotate: bool = False,
    allow_doubtful: bool = False,
    named: Collection[int] = (),
    said: bool = False,
) -> dict[str, CandidatesLook]:
    """Refuse candidates if a user must first answer a question about them.

    Args:
        candidates: of each image, each with one file.
        sources: what their label values mean; None where the same values mean the same in all sources.
        say: gets the questions that are not asked.
        all_annotate: if a source never has a label, the structure is not there.
        allow_doubtful: continue in spite of questions.
        named: numbers that the user, or a dataset.json, has named.
        said: the user has said what each source annotates.

    Returns:
        What was found in the images that were looked at.

    Raises:
        InputError: there is a question.
    """
    images = sorted(image for image, found in candidates.items() if len(found) > 1)
    looked_at = images[:: max(-(-len(images) // LOOKED_AT), 1)]
    buffer = Buffer()
    looks = {image: look_at_candidates(candidates[image], sources, buffer) for image in looked_at}
    values = {image: look.labels for image, look in looks.items()}
    overlaps = {image: look.overlaps for image, look in looks.items()}
    asked = [] if sources else lone_numbers(values, named)
    asked += [one for one in questions(overlaps) if not (said and "never overlap" in one)]
    looked_for = _looked_for(candidates, sources) if sources else {}
    unmarked = [] if all_annotate or said or asked else never_marked(values, looked_for)
    for sentence in [*asked, *unmarked]:
        if not allow_doubtful:
            also = ", or --all_annotate" if unmarked else ""
            raise InputError(f"{sentence}{also}; or go on with {ALLOW}")
        say(sentence)
    if sources:  # candidates that annotate nothing in common need not overlap
        overlaps = {
            image: [one for one in pairs if looked_for[one.names[0]] & looked_for[one.names[1]]]
            for image, pairs in overlaps.items()
        }
    for sentence in strays(overlaps):
        say(sentence)
    return looks


def never_marked(
    values: Mapping[str, Mapping[str, Collection[int]]], looked_for: Mapping[str, Collection[int]] | None = None
) -> list[str]:
    """A sentence about each label that a source never has but others have in all images.

    Args:
        values: label values of each candidate of each image.
        looked_for: labels that each source annotates; a source that is not in it annotates all; None if all do.
    """
    images_of: dict[str, list[str]] = {}
    for image, found in values.items():
        for name in found:
            images_of.setdefault(name, []).append(image)
    sentences = []
    for name, images in sorted(images_of.items()):
        own = {value for image in images for value in values[image][name]} - {0}
        others = [
            set().union(*(found for other, found in values[image].items() if other != name)) - {0} for image in images
        ]
        missing = set.intersection(*others) - own
        if looked_for and name in looked_for:
            missing &= set(looked_for[name])
        if own and missing and len(images) >= _FEWEST:
            sentences.append(
                f"'{name}' never has the label {show_values(missing)}, which others have in {len(images)} of "
                f"{len(images)} images that were looked at: is it not annotated there? Say so in -sources"
            )
    return sentences[:1]


def lone_numbers(values: Mapping[str, Mapping[str, Collection[int]]], named: Collection[int]) -> list[str]:
    """A sentence about a number that is far larger than all others, if some candidates lack it and nobody named it."""
    first: dict[int, str] = {}
    for image, found in values.items():
        for name, numbers in found.items():
            for number in numbers if len(set(numbers) - {0}) > 1 else ():  # a single number is the white of a mask
                first.setdefault(number, f"'{name}' of image '{image}'")
    numbers = sorted(first.keys() - {0})
    everywhere = set(numbers).intersection(*(found for of_image in values.values() for found in of_image.values()))
    if len(numbers) < 2 or numbers[-1] in {*named, *everywhere} or numbers[-1] <= max(_GAP * numbers[-2], 16):
        return []
    return [
        f"the number {numbers[-1]} stands alone behind {show_values([0, *numbers[:-1]])}, as in {first[numbers[-1]]}: "
        f"does it mark what nobody is sure of? If so, name it 'ignore' in -sources"
    ]


def _looked_for(candidates: Candidates, sources: Sources) -> dict[str, set[int]]:
    """Labels that each source annotates."""
    names = sources.vocabulary.names
    return {
        candidate.name: set().union(*(names[name] for name in sources.of(candidate).annotates))
        for found in candidates.values()
        for candidate in found
    }

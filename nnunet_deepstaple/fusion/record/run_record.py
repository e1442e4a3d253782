"""fusion.json as values: what was fused, how, and the result; all commands share one writer and one reader."""

from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import force_setattr

from ... import __version__
from ...files.json_files import read_json_object
from ...files.provenance import FileRecord
from ...files.typed_json import check_format, from_json

FILE = "fusion.json"

FORMAT = 1
"""Format number of the records that are written. Records without a number are of version 0.1.0 and before."""

ARGMAX = "argmax"
"""The default decision, which a record leaves out."""

REMEDY = "fuse again with ds_fuse"
"""What to do with a record that cannot be read."""


class ImageRatings(Struct, frozen=True, omit_defaults=True):
    """What a person said of an image.

    Attributes:
        candidates: mark of each rated candidate, by name.
        consensus: mark of the consensus; None for none.
    """

    candidates: dict[str, str] = {}
    consensus: str | None = None


class Calibration(Struct, frozen=True):
    """How the shares of an image became probabilities.

    Attributes:
        overlap: mean Dice of the image's pairs of voters; None where there are no pairs.
        of_images: mean of the overlaps of the images that were read for this; None where only the image's own counts.
        exponent: power to which shares were raised.
    """

    overlap: float | None
    of_images: float | None
    exponent: float


class ImageRecord(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What was fused for one image, and the result.

    Attributes:
        candidates: names of those that voted.
        weights: of the candidates; None for rules without weights.
        weights_by_labels: of the candidates before the atlases' images were compared; empty where none were.
        effective_candidates: effective number of voters, 1 / Σw²; None for rules without weights.
        quality: what the rule estimated of each candidate, by name: a number, or one for each label.
        convergence: ``iterations`` and ``converged``, of iterative rules.
        patterns: number of distinct vote patterns; None where there were too many and each voxel was counted.
        decision: how shares became labels: ``argmax`` or ``dice``.
        voxels: of each label in the consensus, by its value.
        volume: of each foreground label, in the cube of the file's unit of length, usually mm³.
        warnings: what a user should know, one sentence each.
        dependence: of each voter on others, by their names, from 0, independent, to 1, the same voter; each pair occurs
            once, and only pairs above 0.
        network_trust: part of its weight that each network may keep, by the name of its predictions.
        predictions: weights of the predictions that voted, by name.
        soft: names of the voters that voted by probabilities.
        without_image: names of candidates that had no warped image, where others had one.
        corrected: the label map that a person corrected and that replaces the consensus.
        ratings: what a person said of the image.
        annotated: names of the labels that some candidate annotates in the image; None for all.
        calibration: how shares became probabilities; None where they did not.
        files: size, time of change in nanoseconds and SHA-256 of each file that voted. A voter's label map has the
            voter's name, its soft labels the name and ``(soft)``, its images the name and ``(image 0)``, ….
    """

    candidates: list[str]
    weights: list[float] | None
    weights_by_labels: list[float] = []
    effective_candidates: float | None
    quality: dict[str, list[float | list[float | None] | None]]
    convergence: dict[str, int | bool]
    patterns: int | None
    decision: str = ARGMAX
    voxels: dict[str, int]
    volume: dict[str, float]
    warnings: list[str]
    dependence: dict[str, dict[str, float]] = {}
    network_trust: dict[str, float] = {}
    predictions: dict[str, float] = {}
    soft: list[str] = []
    without_image: list[str] = []
    corrected: FileRecord | None = None
    ratings: ImageRatings | None = None
    annotated: list[str] | None = None
    calibration: Calibration | None = None
    files: dict[str, tuple[int, int, str]] = {}

    def __post_init__(self) -> None:
        # msgspec leaves a default out only if it is the same object. After a process or a file it is another object.
        if self.decision == ARGMAX:
            force_setattr(self, "decision", ARGMAX)


class RunRecord(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a run of ``ds_fuse`` was asked and decided, and a record of each image.

    Attributes:
        format: of this record; 0 for version 0.1.0 and before.
        nnunet_deepstaple: version.
        numpy: version.
        SimpleITK: version.
        candidates_from: folders of the candidates.
        layout: how candidates are named.
        rule: name of the rule; for a rule of the user, its module and name.
        images_from: folder of the images, as given.
        atlas_images_from: folder of the warped images of the atlases.
        features: what patches of images were compared by.
        patch_radius: of these patches, in voxels of the finest axis.
        search: for an atlas' patch, in voxels of the finest axis.
        disputed_only: whether STAPLE estimated from disputed voxels only.
        score: column of the scores.
        weights: how weights came from scores.
        temperature: T of these weights.
        score_trust: 1 if weights follow the scores, 0 if they follow the overlap, or a value between.
        score_files: the score files.
        prediction_weight: weight of an image's predictions together; its candidates together have 1.
        predictions_from: folders of the predictions.
        predictions_out_of_fold: number of images on which only the fold votes that did not train on the image.
        sources: what each source says of each name: its numbers, ``part of`` a region, or ``not annotated``; empty
            where all candidates mean the same by the same numbers.
        sources_from: the file that says so, ``-sources``.
        all_annotate: as given.
        resample: as given.
        soft_candidates: whether candidates voted by their probabilities.
        decide: as given; None leaves it to the rule.
        smoothing_mm: of the Gaussian that smooths shares, in mm; or a sentence for the default.
        ignore_below: as given.
        ignore_label: label by which a candidate abstains; None where there is none.
        inputs: SHA-256 of the names, sizes and times of change of all files that vote; parts of a fusion agree on it.
        save_probabilities: as given.
        save_vote_share: as given.
        calibrated: whether shares were calibrated before they were written and compared with ``ignore_below``.
        ratings: the file of a person's judgements.
        corrected_from: folder of corrected label maps.
        notes: what was decided for the user and found in the input, one sentence each.
        images: a record of each image, by name.
    """

    format: int = 0
    nnunet_deepstaple: str
    numpy: str
    SimpleITK: str
    candidates_from: list[str] = []
    layout: str = ""
    rule: str
    images_from: str | None = None
    atlas_images_from: str | None = None
    features: str | None = None
    patch_radius: int | None = None
    search: int | None = None
    disputed_only: bool = False
    score: str | None = None
    weights: str | None = None
    temperature: float | None = None
    score_trust: float | None = None
    score_files: list[FileRecord] = []
    prediction_weight: float | None = None
    predictions_from: list[str] = []
    predictions_out_of_fold: int = 0
    sources: dict[str, dict[str, str]] = {}
    sources_from: FileRecord | None = None
    all_annotate: bool = False
    resample: bool = False
    soft_candidates: bool = False
    decide: str | None = None
    smoothing_mm: float | str = 0.0
    ignore_below: float | None = None
    ignore_label: int | None = None
    inputs: str = ""
    save_probabilities: bool = False
    save_vote_share: bool = False
    calibrated: bool = False
    ratings: FileRecord | None = None
    corrected_from: str | None = None
    notes: list[str] = []
    images: dict[str, ImageRecord] = {}


def new_record(rule: str, **fields: Any) -> RunRecord:
    """Record of a run that begins now, with the versions of the software."""
    import SimpleITK as sitk  # noqa: N813, PLC0415 (--help needs none of it)

    return RunRecord(
        format=FORMAT,
        nnunet_deepstaple=__version__,
        numpy=np.__version__,
        SimpleITK=sitk.__version__,
        rule=rule,
        **fields,
    )


def read_record(path: Path) -> RunRecord:
    """Read a ``fusion.json``.

    Raises:
        InputError: it cannot be read, is not a record of ``ds_fuse``, or is of a later version.
    """
    return parse_record(read_json_object(path, REMEDY), path)


def parse_record(content: dict[str, Any], path: Path) -> RunRecord:
    """Record from the JSON that ``path`` holds.

    Raises:
        InputError: as :func:`read_record`.
    """
    check_format(content, path, FORMAT)
    if "save_agreement" in content:  # what version 0.1.0 called it
        content = {**content, "save_vote_share": content["save_agreement"]}
    return from_json(RunRecord, content, path, REMEDY)

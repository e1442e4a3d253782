"""What ds_prepare is asked for, and what a checked request comes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...files.geometry import Geometry
from ...processes import Workers
from ..candidates import Candidate, Candidates
from ..common_labels import CommonReader
from ..label_names import LabelNames
from ..raw_dataset import Images
from ..unlike import SourceOptions


@dataclass(frozen=True)
class PrepareRequest(SourceOptions):
    """What to prepare.

    Attributes:
        images: folder of images ``<image>_0000<ending>``, …
        candidates: folders of candidates.
        layout: their layout, see :func:`~nnunet_deepstaple.datasets.candidates.find_candidates`.
        labels: file of label names; None takes them from the candidates' dataset.json or from the values found.
        channels: names of the channels; if empty, they come from ``labels`` or from the candidates' dataset.json.
        allow_doubtful: only note what makes a result doubtful, instead of refusing it.
        sources: what the label values of each source mean (``sources.json``, :mod:`.sources`).
        all_annotate: each source annotates all labels, even labels that it never shows.
        resample: resample candidates to their image's grid.
        workers: who reads the files (:func:`~nnunet_deepstaple.processes.each`).
        trust_images: do not read the images' voxels.
    """

    images: Path
    candidates: Sequence[Path]
    layout: str | None = None
    labels: Path | None = None
    channels: Sequence[str] = ()
    allow_doubtful: bool = False
    sources: Path | None = None
    all_annotate: bool = False
    resample: bool = False
    workers: Workers = 1
    trust_images: bool = False


@dataclass(frozen=True)
class Preparation:
    """A raw dataset that is ready to be written, because everything in it has been checked.

    Attributes:
        images: the images.
        geometries: geometry of each image.
        candidates: candidates of each image.
        layout: layout in which the candidates were found.
        names: label names.
        names_source: the file that gives the label names; None when they were made from the values found.
        channel_names: name of each channel.
        reader: nnU-Net's reader; None where the file ending decides.
        rewritten: cases whose file cannot be copied unchanged, because nnU-Net does not accept its ending, the form of
            its header, or float noise in its geometry or its values.
        notes: what a user should know, one sentence each.
        common: reads the candidates in the numbers that all sources share.
    """

    images: Images
    geometries: dict[str, Geometry]
    candidates: Candidates
    layout: str
    names: LabelNames
    names_source: Path | None
    channel_names: list[str]
    reader: str | None
    rewritten: set[str]
    notes: list[str]
    common: CommonReader

    @property
    def cases(self) -> list[Candidate]:
        """All candidates, each one a case of the dataset."""
        return [candidate for candidates in self.candidates.values() for candidate in candidates]

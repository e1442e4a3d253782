"""What a user asks of a report."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..datasets.unlike import SourceOptions
from ..errors import InputError
from ..processes import Workers


@dataclass(frozen=True)
class ReportRequest(SourceOptions):
    """The options of ``ds_report``.

    Attributes:
        folders: folders of candidates.
        output: folder for the report.
        layout: layout of the candidates; None finds it from the files.
        score_files: where the scores are; if none are given, those that ``fused`` names, or else those that ``ds_fuse``
            would find.
        fused: folder that ``ds_fuse`` wrote; None fuses with the defaults of ``ds_fuse`` into the report's own folder
            ``fused``.
        images: folder of ``<image>_0000<ending>``; None takes the images that nnU-Net's own files name.
        truth: folder of true labels ``<image><ending>``; None where nobody knows them.
        sources: what the label values of each source mean (``sources.json``). ``labels``, ``all_annotate``,
            ``resample`` and ``allow_doubtful`` are the options of ``ds_fuse``.
        workers: who makes the pages (:func:`~nnunet_deepstaple.processes.each`).
        keep: keep the pages that an earlier run made from the same files.
    """

    folders: Sequence[Path]
    output: Path
    layout: str | None = None
    score_files: Sequence[Path] = ()
    fused: Path | None = None
    images: Path | None = None
    truth: Path | None = None
    sources: Path | None = None
    labels: Path | None = None
    all_annotate: bool = False
    resample: bool = False
    allow_doubtful: bool = False
    workers: Workers = 1
    keep: bool = False

    def check(self) -> None:
        """Check each option by itself.

        Raises:
            InputError: an option has an impossible value.
        """
        if isinstance(self.workers, int) and self.workers < 1:
            raise InputError(f"-np {self.workers} is not possible; give 1 or more processes")
        read = [*self.folders, *(path for path in (self.fused, self.images, self.truth) if path is not None)]
        for folder in read:
            if Path(os.path.realpath(self.output)).is_relative_to(os.path.realpath(folder)):
                raise InputError(f"-o {self.output} lies in {folder}, which the report reads; choose another folder")

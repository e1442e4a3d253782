"""What a user asks of a ranking."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..processes import Workers
from .ceiling import Ceiling
from .contours import TOLERANCE


@dataclass(frozen=True)
class RankingRequest:
    """The options of ``ds_rank``.

    Attributes:
        folders: folders of candidates.
        output: folder for the ranking.
        layout: layout of the candidates; None tells it from the files.
        score_files: scores of the candidates: their network is one more judge.
        atlas_images: folder of the atlases' images, warped as their labels were, named as the candidates are: they are
            one more judge; None without.
        images: folder of the images that they were warped to; None for those that a dataset.json names.
        truth: folder of true labels ``<image><ending>`` of some or all images; None where there are none.
        sources: ``sources.json``: what the numbers of each source mean, and what it annotates.
        resample: bring label maps onto the grid that most candidates of their image have.
        ceiling: what is assumed of the Dice between the sources' common label and the truth; None for what follows from
            how well sources match each other.
        tolerance: distance in mm up to which two borders are the same, for the surface Dice.
        top: how many of the best sources to list for ``ds_fuse -i``; None for no list.
        workers: who measures the images (:func:`~nnunet_deepstaple.processes.each`).
    """

    folders: Sequence[Path]
    output: Path
    layout: str | None = None
    score_files: Sequence[Path] = ()
    atlas_images: Path | None = None
    images: Path | None = None
    truth: Path | None = None
    sources: Path | None = None
    resample: bool = False
    ceiling: Ceiling | None = None
    tolerance: float = TOLERANCE
    top: int | None = None
    workers: Workers = 1

    def check(self) -> None:
        """Check each option for itself.

        Raises:
            InputError: one of them cannot be.
        """
        if isinstance(self.workers, int) and self.workers < 1:
            raise InputError(f"-np {self.workers} is not possible; give 1 or more processes")
        if self.atlas_images is None and self.images is not None:
            raise InputError("-images are for warped images; give their folder with -atlas_images")
        if self.atlas_images is not None and (self.sources is not None or self.resample):
            raise InputError(
                "-atlas_images judge candidates that annotate the same labels on one grid; leave out -sources "
                "and --resample"
            )
        if self.ceiling is not None and not 0 < self.ceiling.low <= self.ceiling.high <= 1:
            raise InputError(
                f"-ceiling {self.ceiling.low:g} {self.ceiling.high:g} is not possible; give two numbers above 0 and up "
                f"to 1, the lower first"
            )
        if not 0 < self.tolerance < float("inf"):
            raise InputError(f"-tolerance {self.tolerance:g} is not possible; give a distance in mm above 0")
        if self.tolerance != TOLERANCE and self.truth is None:
            raise InputError("-tolerance compares borders with those of true labels; give their folder with -gt")
        if self.top is not None and self.top < 1:
            raise InputError(f"--top {self.top} is not possible; give 1 or more sources")
        for folder in [*self.folders, *([] if self.truth is None else [self.truth])]:
            if self.output.resolve().is_relative_to(folder.resolve()):
                raise InputError(f"-o {self.output} lies in {folder}, which is read; choose another folder")

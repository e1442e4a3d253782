"""What a user asks of a fusion."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...datasets.unlike import SourceOptions
from ...errors import InputError
from ...processes import Workers
from ..rules.by_name import DECISIONS, JOINT, NAMES, STAPLE, WEIGHTED
from ..rules.rule import Rule
from ..weights.features import KINDS as FEATURES
from ..weights.joint import RADIUS
from ..weights.scores import KINDS

AUTO = "auto"


@dataclass(frozen=True)
class Request(SourceOptions):
    """The options of ``ds_fuse``.

    Attributes:
        folders: folders of candidates.
        output: folder for the results.
        layout: layout of the candidates; None finds it from the files.
        rule: name of a rule, or a rule of the user (:data:`~..rules.rule.Rule`; with several processes it must be
            picklable); None for ``joint`` where there are warped images, ``weighted`` where there are scores, and
            ``spectral`` where there are neither.
        disputed_only: :func:`~..rules.staple.staple` estimates only from the voxels on which candidates differ.
        atlas_images: folder of the atlases' images, warped as their labels were, named as the candidates are; the rule
            ``joint`` needs it (:mod:`.atlas_images`).
        images: folder of the images to be labelled; None for those that a dataset.json beside the candidates names.
        features: what patches of images are compared by: ``auto`` or one of :data:`~..weights.features.KINDS`.
        patch_radius: of these patches, in voxels of the finest axis (:class:`~..weights.joint.JointOptions`).
        search: for an atlas' patch, in voxels of the finest axis; None for the features' default
            (:data:`~..weights.joint.SEARCH`).
        score_files: where the scores are; if none are given, :mod:`.score_sources` looks for them.
        score: column of the scores; None for ``agreement``.
        weights: how weights come from scores (:mod:`~..weights.scores`); None for the score's default.
        temperature: T of these weights; None for their default.
        score_trust: 1 if weights follow the scores. 0 if they follow each candidate's overlap with the vote of the
            others, weighted by their scores (:func:`~..weights.scores_and_overlap.share_trust`). Or a value between.
            None for 0.3 where agreements of many candidates become weights by default, and 1 elsewhere.
        predictions: folders of the network's own label maps, ``<image><ending>``, which vote too; if none are given,
            those beside the score files (:mod:`.predictions`).
        prediction_weight: weight of an image's predictions together; its candidates together have 1. None for the
            default. It is 0 with ``weights`` of the paper or with a ``dataset`` to train on, unless ``predictions`` are
            given.
        ratings: a person's ratings of candidates and consensus (:mod:`.ratings`).
        corrected: folder of label maps, ``<image><ending>``, that are used unchanged instead of a consensus.
        sources: what the label values of each source mean (``sources.json``,
            :mod:`~nnunet_deepstaple.datasets.sources`).
        labels: label names for all sources without label names of their own; the result has their numbers.
        all_annotate: each source annotates all labels, even labels that it never shows.
        resample: resample candidates to the grid that most candidates of their image have.
        soft_candidates: candidates vote by the probabilities beside their label maps (``.npz`` of
            ``nnUNetv2_predict``).
        decision: ``argmax`` or ``dice`` (:mod:`~..decision.expected_dice`); None leaves it to the rule.
        smoothing: standard deviation in mm of the Gaussian that smooths shares before they decide; None for half of
            a voxel's finest side with the rules that are smoothed by default (:data:`~..rules.by_name.SMOOTHED`).
        ignore_below: voxels whose winner has a lower probability get nnU-Net's ignore label.
        save_probabilities: write .npz and .pkl for ``nnUNetv2_ensemble``.
        save_vote_share: write the winning label's share as images.
        dataset: also make the raw dataset ``702_Name``.
        workers: how many processes, or the address of a Dask scheduler (:func:`~nnunet_deepstaple.processes.each`).
        part: number of this job in an array of jobs, and how many there are; each job fuses a part of the images.
        keep: keep the images that an earlier run of the same request finished.
        allow_doubtful: only note what makes a result doubtful, instead of refusing it: files that may be candidates but
            cannot be read, or a file with many values where the other candidates have few.
    """

    folders: Sequence[Path]
    output: Path
    layout: str | None = None
    rule: str | Rule | None = None
    disputed_only: bool = False
    atlas_images: Path | None = None
    images: Path | None = None
    features: str = AUTO
    patch_radius: int = RADIUS
    search: int | None = None
    score_files: Sequence[Path] = ()
    score: str | None = None
    weights: str | None = None
    temperature: float | None = None
    score_trust: float | None = None
    predictions: Sequence[Path] = ()
    prediction_weight: float | None = None
    ratings: Path | None = None
    corrected: Path | None = None
    sources: Path | None = None
    labels: Path | None = None
    all_annotate: bool = False
    resample: bool = False
    soft_candidates: bool = False
    decision: str | None = None
    smoothing: float | None = None
    ignore_below: float | None = None
    save_probabilities: bool = False
    save_vote_share: bool = False
    dataset: str | None = None
    workers: Workers = 1
    part: tuple[int, int] = (0, 1)
    keep: bool = False
    allow_doubtful: bool = False

    @property
    def asks_for_scores(self) -> bool:
        """Whether any given option makes sense only with scores."""
        options = (self.score, self.weights, self.temperature, self.score_trust, self.prediction_weight)
        return bool(self.score_files or self.predictions) or any(option is not None for option in options)

    def check(self) -> None:
        """Check each option by itself.

        Raises:
            InputError: an option has an impossible value.
        """
        if isinstance(self.rule, str) and self.rule not in NAMES:
            raise InputError(f"-rule {self.rule} is not known; choose one of {', '.join(NAMES)}")
        self._check_images()
        if self.asks_for_scores and isinstance(self.rule, str) and self.rule not in (WEIGHTED, JOINT):
            raise InputError(
                f"-rule {self.rule} uses no scores; leave -s, -score, -weights, -temperature, -score_trust, "
                f"-predictions and -prediction_weight away, or choose -rule {WEIGHTED}"
            )
        if self.disputed_only and self.rule != STAPLE:
            raise InputError(f"--disputed_only is how -rule {STAPLE} estimates; choose that rule, or leave it out")
        if self.soft_candidates and (self.rule == STAPLE or not (self.rule is None or isinstance(self.rule, str))):
            raise InputError("--soft_candidates needs a rule that is a weighted vote; choose another -rule")
        if self.decision is not None and self.decision not in DECISIONS:
            raise InputError(f"-decide {self.decision} is not known; choose one of {', '.join(DECISIONS)}")
        if self.weights is not None and self.weights not in KINDS:
            raise InputError(f"-weights {self.weights} is not known; choose one of {', '.join(KINDS)}")
        if self.temperature is not None and self.weights == "paper":
            raise InputError("-weights paper has no temperature; leave out -temperature")
        self._check_numbers()

    def _check_images(self) -> None:
        if self.atlas_images is None:
            if self.rule == JOINT:
                raise InputError(
                    f"-rule {JOINT} compares images; give the folder of the warped ones with -atlas_images"
                )
            given = {
                "-images": self.images is not None,
                "-features": self.features != AUTO,
                "-patch_radius": self.patch_radius != RADIUS,
                "-search": self.search is not None,
            }
            if idle := [option for option, is_given in given.items() if is_given]:
                raise InputError(f"{' and '.join(idle)} need the warped images; give their folder with -atlas_images")
        elif self.rule not in (None, JOINT):
            name = f"-rule {self.rule}" if isinstance(self.rule, str) else "a rule of your own"
            raise InputError(f"{name} looks at no images; leave out -atlas_images, or choose -rule {JOINT}")
        if self.features not in (AUTO, *FEATURES):
            raise InputError(f"-features {self.features} is not known; choose one of {', '.join((AUTO, *FEATURES))}")
        if self.patch_radius < 0 or (self.search or 0) < 0:
            raise InputError("-patch_radius and -search are voxels; give 0 or more")

    def _check_numbers(self) -> None:
        if self.temperature is not None and not (0 <= self.temperature < math.inf):
            raise InputError(f"-temperature {self.temperature:g} is not possible; give 0 or more")
        if self.score_trust is not None and not 0 <= self.score_trust <= 1:
            raise InputError(f"-score_trust {self.score_trust:g} is not possible; give a number from 0 to 1")
        if self.smoothing is not None and not (0 <= self.smoothing < math.inf):
            raise InputError(f"-smooth {self.smoothing:g} is not possible; give 0 or more mm")
        if self.prediction_weight is not None and not (0 <= self.prediction_weight < math.inf):
            raise InputError(f"-prediction_weight {self.prediction_weight:g} is not possible; give 0 or more")
        if self.ignore_below is not None and not 0 < self.ignore_below <= 1:
            raise InputError(f"-ignore_below {self.ignore_below:g} is not a share; give a number above 0 and up to 1")
        if isinstance(self.workers, int) and self.workers < 1:
            raise InputError(f"-np {self.workers} is not possible; give 1 or more processes")
        index, count = self.part
        if not 0 <= index < count:
            raise InputError(
                f"-part_id {index} -num_parts {count} is not possible; parts count from 0 to num_parts - 1"
            )

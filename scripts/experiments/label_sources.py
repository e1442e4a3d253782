"""The label maps that second networks are trained on: one folder of ``<image><ending>`` for each row of the table.

Every consensus is made by ds_fuse from the candidates and what ``scoring_run`` left.
"""

import math
import random
import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.case_ids import split_case
from nnunet_deepstaple.datasets.nnunet_folders import PREDICTIONS
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.scoring.scores import Scores, read_scores

from .common.training import FIRST_PASS
from .common.workspace import Workspace, require_folder


@dataclass(frozen=True)
class Sources:
    """What the rows are made of.

    Attributes:
        workspace: where consensus folders go, ``consensus/<row>``.
        candidates: folder of the candidates.
        oracle: folder of the true labels.
        scored: fold folder of the scoring training.
        seed: of the random candidate.
        by_images: folders of the images, and of the atlases' images, warped as the candidates were; None for none.
    """

    workspace: Workspace
    candidates: Path
    oracle: Path
    scored: Path
    seed: int
    by_images: tuple[Path, Path] | None = None

    def folder(self, row: str) -> Path:
        """Folder of a row's labels, made unless it is there."""
        return _ROWS[row](self, self.workspace.folder / "consensus" / row)

    def scores(self, which: str) -> Path:
        """The scores of one pass, in which a case that no visit scored has the mean of its image's others."""
        scores = read_scores(self.scored / which / "scores.csv")
        fill_missing(scores)
        path = self.workspace.folder / "consensus" / f"scores_{which or 'second_pass'}.csv"
        path.parent.mkdir(exist_ok=True)
        scores.write(path)
        return path

    def fuse(self, output: Path, *options: object) -> Path:
        """Run ds_fuse on the candidates."""
        if not (output / "fusion.json").is_file():
            shutil.rmtree(output, ignore_errors=True)
        given = ["ds_fuse", "-i", self.candidates, "-o", output, "-np", 1, *options]
        self.workspace.run(f"fuse_{output.name}", *given)
        return output


def fill_missing(scores: Scores) -> None:
    """Give every missing number the mean of the same number over the image's other candidates, in place."""
    for name in scores.columns:
        of_image: dict[str, list[float]] = defaultdict(list)
        for case, value in scores.column(name).items():
            if not math.isnan(value):
                of_image[split_case(case)[0]].append(value)
        for case, row in scores.values.items():
            found = of_image[split_case(case)[0]]
            if math.isnan(row[name]) and found:
                row[name] = sum(found) / len(found)


def _rule(options: str, sources: Sources, output: Path) -> Path:
    return sources.fuse(output, "-rule", *options.split())


def _scored(options: str, which: str, sources: Sources, output: Path, *, predictions: bool = False) -> Path:
    voters = ["-predictions", sources.scored / PREDICTIONS] if predictions else []
    return sources.fuse(output, "-s", sources.scores(which), *voters, *options.split())


def _joint(sources: Sources, output: Path) -> Path:
    if sources.by_images is None:
        raise InputError("the row joint looks at the atlases' images; give their folder with -atlas_images")
    images, warped = sources.by_images
    return sources.fuse(output, "-images", images, "-atlas_images", warped)


def _random(sources: Sources, output: Path) -> Path:
    draw = random.Random(sources.seed)
    found, _ = find_candidates([sources.candidates])
    output.mkdir(parents=True, exist_ok=True)
    for image, candidates in found.items():
        chosen = draw.choice(candidates)
        ending = chosen.path.name.removeprefix(chosen.case)
        shutil.copyfile(chosen.path, output / f"{image}{ending}")
    return output


def _second_round(row: str, sources: Sources, _: Path) -> Path:
    labels = sources.workspace.folder / "consensus" / f"second_round_{row}"
    found = sorted(labels.parent.glob(f"{labels.name}_*"))
    return require_folder(found[0] if found else labels, "the workspace in which second_round has made it")


_ROWS: dict[str, Callable[[Sources, Path], Path]] = {
    "RND": _random,
    "PRED": lambda sources, _: sources.scored / PREDICTIONS,
    "majority": partial(_rule, "majority"),
    "STAPLE": partial(_rule, "staple"),
    "STAPLE_disputed": partial(_rule, "staple --disputed_only"),
    "SIMPLE": partial(_rule, "simple"),
    "DP": partial(_scored, "-score data_parameter -weights paper", ""),
    "DP_standardised": partial(_scored, "-score data_parameter", ""),
    "agreement": partial(_scored, "", FIRST_PASS),
    "agreement_prediction": partial(_scored, "", FIRST_PASS, predictions=True),
    "ORACLE": lambda sources, _: sources.oracle,
    "agreement_prediction_0.25": partial(_scored, "-prediction_weight 0.25", FIRST_PASS, predictions=True),
    "agreement_pretrained": partial(_scored, "", FIRST_PASS),
    "agreement_not_smoothed": partial(_scored, "-smooth 0", FIRST_PASS),
    "ignored": partial(_scored, "-ignore_below 0.6", FIRST_PASS, predictions=True),
    "regions": partial(_scored, "--save_probabilities", FIRST_PASS, predictions=True),
    "second_round": partial(_second_round, "agreement_prediction"),
    "atlases_too": partial(_second_round, "agreement_prediction"),
    "atlases_inverted": partial(_second_round, "agreement_prediction"),
    "atlases_again": partial(_second_round, "atlases_inverted"),
    "atlases_third": partial(_second_round, "atlases_again"),
    "spectral": partial(_rule, "spectral"),
    "joint": _joint,
}
FUSED_ROWS = tuple(_ROWS)
"""Rows whose labels are one map for each image."""

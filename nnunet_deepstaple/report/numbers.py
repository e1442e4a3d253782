"""The numbers of one image's report; plain values, kept as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Volumes = dict[str, float]
"""Volume in mm³ (mm² in 2d) of each foreground label, by its value."""


@dataclass(frozen=True)
class LabelMapNumbers:
    """How a candidate, or a prediction, stands to the consensus of its image.

    Attributes:
        name: of the candidate.
        weight: its share in the vote; None where the rule has no weights.
        dice: Dice with the consensus, mean over the foreground labels that either shows.
        volumes: of its labels.
        sensitivity: share of the consensus' foreground that it gives the same label.
        specificity: share of the background that somebody disputes which it leaves background; None without any.
        score: as in the scores, else the rule's own estimate; None without one.
        visits: how often the training saw it; None where unknown.
        without: Dice of the consensus with what the vote would be without it; None for what did not vote.
        rating: what a person said of it; empty for nothing.
        match: of a candidate with what all have in common (:mod:`~nnunet_deepstaple.ranking.match`); None without any.
    """

    name: str
    weight: float | None
    dice: float
    volumes: Volumes
    sensitivity: float
    specificity: float | None
    score: float | None = None
    visits: float | None = None
    without: float | None = None
    rating: str = ""
    match: float | None = None


@dataclass(frozen=True)
class TruthNumbers:
    """How a label map stands to the true one, by label value; None where neither, or only one of them, shows it.

    Attributes:
        dice: Dice.
        hd95: 95 % Hausdorff distance in mm.
        surface_dice: share of the borders within 2 mm of each other; 0 where only one of them shows the label.
    """

    dice: dict[str, float | None]
    hd95: dict[str, float | None]
    surface_dice: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageNumbers:
    """All that the index and the sources need of one image.

    Attributes:
        image: its id.
        page: file name of its page.
        candidates: its candidates.
        predictions: the network's label maps of it, whether they voted or not.
        volumes: of the consensus.
        effective: effective number of voters; None where the rule has no weights.
        disputed: share of the voxels with any candidate's foreground on which the candidates differ.
        expected_error: 1 − the Dice that the vote shares let expect of the consensus.
        confirmed: Dice of the predictions, their mean, with the candidates' vote; None without predictions.
        warnings: of the fusion.
        rating: what a person said of the consensus; empty for nothing.
        truth: of each way to fuse, and of each candidate, by name; empty without true labels.
    """

    image: str
    page: str
    candidates: Sequence[LabelMapNumbers]
    predictions: Sequence[LabelMapNumbers]
    volumes: Volumes
    effective: float | None
    disputed: float
    expected_error: float
    confirmed: float | None
    warnings: Sequence[str] = ()
    rating: str = ""
    truth: Mapping[str, TruthNumbers] = field(default_factory=dict)

    @property
    def scores(self) -> list[float]:
        """Scores of the candidates that have one."""
        return [one.score for one in self.candidates if one.score is not None]

    @property
    def volume(self) -> float:
        """Of all labels of the consensus."""
        return sum(self.volumes.values())


def to_json(numbers: ImageNumbers) -> str:
    """Write as JSON, five digits behind the point and more where they matter."""
    return json.dumps(_rounded(asdict(numbers)), allow_nan=False)


def from_json(text: str) -> ImageNumbers:
    """Read what :func:`to_json` wrote."""
    content = json.loads(text)
    for key in ("candidates", "predictions"):
        content[key] = [LabelMapNumbers(**one) for one in content[key]]
    content["truth"] = {name: TruthNumbers(**one) for name, one in content["truth"].items()}
    return ImageNumbers(**content)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {str(key): _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value

"""The numbers of one image's report; plain values, kept as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Volumes = dict[str, float]
"""Volume in mm³ (mm² in 2d) of each foreground label, by its value."""


@dataclass(frozen=True)
class LabelMapNumbers:
    """How a candidate, or a prediction, compares with the consensus of its image.

    Attributes:
        name: of the candidate.
        weight: its share in the vote; None where the rule has no weights.
        dice: Dice with the consensus, mean over the foreground labels that either shows.
        volumes: of its labels.
        sensitivity: share of the consensus' foreground to which it gives the same label.
        specificity: share of the disputed background that it leaves background; None if there is none.
        score: as in the scores, or else the rule's own estimate; None without one.
        visits: how often the training saw it; None where unknown.
        without: Dice of the consensus with the vote without it; None if it did not vote.
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
    """How a label map compares with the true one, by label value; None where a label is missing in one or in both.

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
    """All that the index and the page of the sources need to know about one image.

    Attributes:
        image: its id.
        page: file name of its page.
        candidates: its candidates.
        predictions: the network's label maps of the image, also if they did not vote.
        volumes: of the consensus.
        effective: effective number of voters; None where the rule has no weights.
        disputed: share of the voxels with any candidate's foreground on which the candidates differ.
        expected_error: 1 − the expected Dice of the consensus, by the shares of the votes.
        confirmed: mean Dice of the predictions with the candidates' vote; None without predictions.
        warnings: of the fusion.
        rating: what a person said of the consensus; empty for nothing.
        truth: comparison with the true labels, for each way to fuse and each candidate, by name; empty without true
            labels.
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
        """Volume of all labels of the consensus together."""
        return sum(self.volumes.values())


def to_json(numbers: ImageNumbers) -> str:
    """Write as JSON, with five digits after the point, or more where they matter."""
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

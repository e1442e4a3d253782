"""How far shares mean what they say: folders of ``ds_fuse --save_probabilities`` beside the truth.

Over the voxels on which candidates differ, of all images of a set together: the expected calibration error of the
winning label's share (15 bins), the same for voxels with and without a label apart (errors of the two do not cancel
then), and the Brier score. Then the CRPS of each label's volume, as a part of the true one: the volume at each
threshold of the share is one draw of the volume's distribution. Rows of ``reliability`` have the mean
share and how often it is right, bin by bin.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.datasets.candidates import Candidate, find_candidates
from nnunet_deepstaple.datasets.true_labels import find_true_labels
from nnunet_deepstaple.files.label_maps import read_label_map

from ..evidence.rows import add_output_option, add_rows
from .common.judging import dice_of_arrays, label_map_of

EXAMPLES = """\
  ds_fuse -i hippocampus/candidates -o fused --save_probabilities -np 2
  python -m scripts.experiments.calibrated_shares -truth given hippocampus/candidates hippocampus/oracle \\
      -fused 'labels only' fused
"""

BINS, SHOWN = 15, 10
_THRESHOLDS = (np.arange(50) + 0.5) / 50


@dataclass(frozen=True)
class Told:
    """What was told of N voxels on which candidates differ.

    Attributes:
        share: of the winning label, shape (N,).
        right: whether it is the true one, shape (N,), bool.
        drawn: whether it is a foreground label, shape (N,), bool.
    """

    share: np.ndarray
    right: np.ndarray
    drawn: np.ndarray

    @property
    def errors(self) -> dict[str, float]:
        """Calibration errors and Brier score."""
        apart = sum(calibration_error(self.share[some], self.right[some]) * some.mean() for some in self._classes())
        return {
            "calibration error": calibration_error(self.share, self.right),
            "calibration error, drawn and not apart": float(apart),
            "Brier score": float(np.mean((self.share - self.right) ** 2)),
        }

    def bins(self) -> Iterator[dict[str, float]]:
        """Mean share, how often it is right, and part of the voxels, of each bin that has any."""
        places = np.minimum((self.share * SHOWN).astype(int), SHOWN - 1)
        for place in np.unique(places):
            some = places == place
            yield {
                "bin": (place + 0.5) / SHOWN,
                "share": float(self.share[some].mean()),
                "right": float(self.right[some].mean()),
                "part": float(some.mean()),
            }

    def _classes(self) -> list[np.ndarray]:
        return [some for some in (self.drawn, ~self.drawn) if some.any()]


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("calibrated_shares", str(__doc__).split("\n", maxsplit=1)[0], EXAMPLES)
    arguments.add_argument("-truth", nargs=3, required=True, metavar=("SET", "CANDIDATES", "LABELS"), help="of the set")
    arguments.add_argument("-fused", nargs=2, action="append", required=True, metavar=("WAY", "FOLDER"), help="several")
    add_output_option(arguments)
    given = arguments.parse_args()
    name, candidates, truth = given.truth
    found, _ = find_candidates([Path(candidates)])
    truths = find_true_labels(Path(truth), found, print)
    rows, bins = [], []
    for way, folder in given.fused:
        told, others = judge({image: found[image] for image in truths}, truths, Path(folder))
        rows.append({"set": name, "way": way, **told.errors, **others})
        bins += [{"set": name, "way": way, **one} for one in told.bins()]
    add_rows("calibrated_shares", rows, ["way"], folder=given.o)
    add_rows("reliability", bins, ["way", "bin"], folder=given.o)


def judge(
    candidates: dict[str, Sequence[Candidate]], truths: dict[str, Path], folder: Path
) -> tuple[Told, dict[str, float]]:
    """What a folder tells of all voxels on which candidates differ, and means over images and labels."""
    told: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    dice, crps = [], []
    for image, found in progress(sorted(candidates.items()), folder.name, len(candidates)):
        truth = read_label_map(truths[image])[0]
        labels = read_label_map(label_map_of(image, folder))[0]
        probabilities = np.load(folder / f"{image}.npz")["probabilities"].reshape(-1, *labels.shape)
        first, differ = read_label_map(found[0].path)[0].copy(), np.zeros(labels.shape, bool)
        for other in found[1:]:
            differ |= read_label_map(other.path)[0] != first
        share = np.take_along_axis(probabilities, labels[np.newaxis].astype(int), 0)[0]
        told.append((share[differ], (labels == truth)[differ], labels[differ] > 0))
        dice.append(dice_of_arrays(labels, truth))
        crps += [volume_crps(probabilities[label], truth == label) for label in np.unique(truth[truth > 0])]
    share, right, drawn = (np.concatenate(parts) for parts in zip(*told, strict=True))
    return Told(share, right, drawn), {"Dice": float(np.mean(dice)), "CRPS of volumes": float(np.mean(crps))}


def calibration_error(share: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error, shares and whether they were right of shape (N,)."""
    places = np.minimum((share * BINS).astype(int), BINS - 1)
    return float(np.abs(np.bincount(places, share - right, BINS)).sum() / share.size)


def volume_crps(share: np.ndarray, truth: np.ndarray) -> float:
    """Continuous ranked probability score of a volume, as a part of the true one (Gneiting and Raftery, JASA 2007)."""
    volumes = share.size - np.searchsorted(np.sort(share, axis=None), _THRESHOLDS)
    apart = np.abs(volumes - volumes[:, np.newaxis]).mean()
    return float((np.abs(volumes - truth.sum()).mean() - apart / 2) / truth.sum())


if __name__ == "__main__":
    main()

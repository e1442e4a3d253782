"""The README's picture, from a finished demo: ``python scripts/make_picture.py ds_demo docs/picture.png``.

One slice of one image: its candidates outlined in the colour of their learned weight, then what majority vote,
STAPLE and the weighted consensus make of them, each against the true outline.
"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import SimpleITK as sitk  # noqa: N813
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from numpy.typing import NDArray

from nnunet_deepstaple.demo import data, story
from nnunet_deepstaple.demo.table import dice
from nnunet_deepstaple.files.label_maps import read_label_map

STRUCTURES = ListedColormap(["#e8743b", "#19a979", "#5899da"])
RULES = {"majority": "majority vote", "staple": "STAPLE", "weighted": "weighted consensus"}


def draw(folder: Path, image: str, target: Path) -> None:
    """Draw the picture of ``image`` from the demo in ``folder``."""
    scan = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / data.IMAGES / f"{image}_0000{data.ENDING}")))
    truth = _labels(folder / data.TRUTH, image)
    depth = int(np.argmax((truth > 0).sum(axis=(1, 2))))
    figure, panels = plt.subplots(1, 4, figsize=(13, 4.15), layout="constrained")
    for panel in panels:
        panel.imshow(scan[depth], cmap="gray", interpolation="bicubic", vmax=np.percentile(scan, 99.8))
        panel.set_axis_off()
    _candidates(panels[0], folder, image, depth)
    for panel, (rule, title) in zip(panels[1:], RULES.items(), strict=True):
        consensus = _labels(folder / story.fused(rule), image)
        shown = np.ma.masked_equal(consensus[depth], 0)
        panel.imshow(shown, cmap=STRUCTURES, vmin=1, vmax=3, alpha=0.65, interpolation="nearest")
        _outline(panel, truth[depth], "white", 2)
        panel.set_title(f"{title}\nDice {dice(consensus, truth):.2f}", fontsize=15)
    figure.supxlabel("white outline: true labels, which no method has seen", fontsize=12)
    figure.savefig(target, dpi=90)


def _candidates(panel: Axes, folder: Path, image: str, depth: int) -> None:
    """Outline the candidates, the most trusted last, and name the colours."""
    weights = _weights(folder, image)
    colours = plt.get_cmap("plasma")
    scale = Normalize(0, max(weights.values()))
    for candidate, weight in sorted(weights.items(), key=lambda item: item[1]):
        labels = _labels(folder / data.CANDIDATES, f"{image}__{candidate}")
        _outline(panel, labels[depth], colours(scale(weight)), 1 + 1.5 * scale(weight))
    panel.set_title(f"{len(weights)} candidates\nby learned weight", fontsize=15)
    bar = panel.figure.colorbar(plt.cm.ScalarMappable(scale, colours), ax=panel, location="left", shrink=0.8)
    bar.set_label("weight", fontsize=12)


def _outline(panel: Axes, labels: NDArray[np.integer], colour: object, width: float) -> None:
    for label in np.unique(labels[labels > 0]):
        panel.contour(labels == label, levels=[0.5], colors=[colour], linewidths=width)


def _weights(folder: Path, image: str) -> dict[str, float]:
    record = json.loads((folder / story.fused("weighted") / "fusion.json").read_text(encoding="utf-8"))
    entry = record["images"][image]
    return dict(zip(entry["candidates"], entry["weights"], strict=True))


def _labels(folder: Path, name: str) -> NDArray[np.integer]:
    return read_label_map(folder / f"{name}{data.ENDING}")[0]


def main() -> None:
    """Parse and draw."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("demo", type=Path, help="folder of a finished ds_demo")
    arguments.add_argument("picture", type=Path, help="PNG file to write")
    arguments.add_argument("-image", default="scan16", help="which image (scan16, whose numbers are near the means)")
    given = arguments.parse_args()
    draw(given.demo, given.image, given.picture)
    print(f"written     {given.picture}")


if __name__ == "__main__":
    main()

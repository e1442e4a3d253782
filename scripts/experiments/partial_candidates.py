"""What is lost where each source annotates a part of the structures only, and what sources.json wins back.

Each source of a folder of complete candidates keeps some of their labels, drawn so that all labels are kept alike; its
others become background. Compared are the complete candidates, the partial ones with what they annotate said and not
said, and for each label as many complete candidates as annotate it.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.datasets.candidates import Candidates, find_candidates, label_maps_in
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from nnunet_deepstaple.fusion import Request, fuse_folder

from ..evidence.rows import Row, add_output_option, add_rows
from .common.judging import label_map_of

EXAMPLES = """\
  python -m scripts.experiments.partial_candidates -i hippocampus/candidates -gt hippocampus/oracle -set given -keep 1
"""

COMPLETE, SAID, UNSAID, FEWER = "complete", "partial, said", "partial, not said", "as many complete ones"


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("partial_candidates", __doc__ or "", EXAMPLES)
    arguments.add_argument("-i", type=Path, required=True, metavar="CANDIDATES", help="complete candidates")
    arguments.add_argument("-gt", type=Path, required=True, metavar="LABELS", help="true labels, <image><ending>")
    arguments.add_argument("-set", required=True, help="name of the set in the rows")
    arguments.add_argument("-keep", type=int, default=1, help="labels that each source annotates (1)")
    arguments.add_argument("-rules", nargs="+", default=["spectral"], help="rules to fuse with (spectral)")
    arguments.add_argument("-seed", type=int, default=0)
    add_output_option(arguments)
    given = arguments.parse_args()
    candidates, _ = find_candidates([given.i])
    truths = [read_label_map(path)[0] for path, _ in label_maps_in(given.gt)]
    labels = sorted({label for truth in truths for label in np.unique(truth).tolist()} - {0})
    kept = draw(sorted({one.name for found in candidates.values() for one in found}), labels, given.keep, given.seed)
    rows: list[Row] = []
    with TemporaryDirectory() as work:
        folders = {COMPLETE: given.i, SAID: Path(work) / "partial", UNSAID: Path(work) / "partial"}
        write_partial(candidates, kept, folders[SAID])
        sources = Path(work) / "sources.json"
        sources.write_text(json.dumps({name: {"labels": {str(one): one for one in own}} for name, own in kept.items()}))
        fewer = {label: Path(work) / f"with_{label}" for label in labels}
        for label, folder in fewer.items():
            _link(candidates, [name for name, own in kept.items() if label in own], folder)
        for rule in given.rules:
            for way, folder in folders.items():
                said = sources if way == SAID else None
                out = Path(work) / f"{rule} {way}"
                fuse_folder(
                    Request([folder], out, rule=rule, sources=said, all_annotate=said is None), progress=progress
                )
                rows += _rows(given.set, given.seed, rule, way, dice_of_labels(out, given.gt, labels))
            found = {}
            for label, folder in fewer.items():
                out = Path(work) / f"{rule} {FEWER} {label}"
                fuse_folder(Request([folder], out, rule=rule, all_annotate=True), progress=progress)
                found[label] = dice_of_labels(out, given.gt, [label])[label]
            rows += _rows(given.set, given.seed, rule, FEWER, found)
    for row in rows:
        print(*row.values())
    add_rows("partial_candidates", rows, ways=["rule", "candidates", "label"], folder=given.o)


def draw(sources: list[str], labels: list[int], keep: int, seed: int) -> dict[str, tuple[int, ...]]:
    """Labels that each source annotates: all choices of so many labels in turn, over sources in a drawn order."""
    order = np.random.default_rng(seed).permutation(len(sources))
    choices = list(combinations(labels, keep))
    return {sources[place]: choices[turn % len(choices)] for turn, place in enumerate(order)}


def write_partial(candidates: Candidates, kept: Mapping[str, tuple[int, ...]], folder: Path) -> None:
    """Write the candidates with the labels that their source annotates, and no others."""
    folder.mkdir()
    for found in candidates.values():
        for one in found:
            labels, geometry = read_label_map(one.path)
            write_label_map(np.where(np.isin(labels, kept[one.name]), labels, 0), geometry, folder / one.path.name)


def dice_of_labels(folder: Path, truth: Path, labels: list[int]) -> dict[int, float]:
    """Dice of each label, the mean over the images of ``truth``."""
    pairs = [
        (read_label_map(label_map_of(image, folder))[0], read_label_map(path)[0])
        for path, image in label_maps_in(truth)
    ]
    return {
        label: float(np.mean([2 * ((a == label) & (b == label)).sum() / ((a == label).sum() + (b == label).sum())
                              for a, b in pairs]))
        for label in labels
    }  # fmt: skip


def _link(candidates: Candidates, sources: list[str], folder: Path) -> None:
    folder.mkdir()
    for found in candidates.values():
        for one in found:
            if one.name in sources:
                (folder / one.path.name).symlink_to(one.path.absolute())


def _rows(name: str, seed: int, rule: str, way: str, dice: Mapping[int, float]) -> Iterator[Row]:
    for label, value in dice.items():
        yield {"set": name, "seed": seed, "rule": rule, "candidates": way, "label": str(label), "Dice": value}


if __name__ == "__main__":
    main()

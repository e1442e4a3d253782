"""What is lost where each source annotates a part of the structures only, and what sources.json wins back.

Each source of a folder of complete candidates keeps some of their labels, drawn so that all labels are kept alike; its
others become background. Compared are the complete candidates, the partial ones with what they annotate said and not
said. Each label is also fused apart, by those who annotate it: from what they keep of it, and from their complete
candidates.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.datasets.candidates import Candidates, find_candidates
from nnunet_deepstaple.datasets.listing import label_maps_in
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from nnunet_deepstaple.fusion import Request, fuse_folder

from ..evidence.rows import Row, add_output_option, add_rows
from .common.judging import label_map_of

EXAMPLES = """\
  python -m scripts.experiments.partial_candidates -i hippocampus/candidates -gt hippocampus/oracle -set given -keep 1
  python -m scripts.experiments.partial_candidates -i … -gt … -set "given, by chance" --by_chance -seed 4
"""

COMPLETE, SAID, UNSAID, FEWER = "complete", "partial, said", "partial, not said", "as many complete ones"
APART = "each label apart"


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("partial_candidates", __doc__ or "", EXAMPLES)
    arguments.add_argument("-i", type=Path, required=True, metavar="CANDIDATES", help="complete candidates")
    arguments.add_argument("-gt", type=Path, required=True, metavar="LABELS", help="true labels, <image><ending>")
    arguments.add_argument("-set", required=True, help="name of the set in the rows")
    arguments.add_argument("-keep", type=int, default=1, help="labels that each source annotates (1)")
    arguments.add_argument("--by_chance", action="store_true", help="each source draws for itself, not in turn")
    arguments.add_argument("-rules", nargs="+", default=["spectral"], help="rules to fuse with (spectral)")
    arguments.add_argument("-seed", type=int, default=0)
    arguments.add_argument(
        "-partial", type=Path, metavar="FOLDER", help="keep the partial candidates, to train on them"
    )
    add_output_option(arguments)
    given = arguments.parse_args()
    candidates, _ = find_candidates([given.i])
    truths = [read_label_map(path)[0] for path, _ in label_maps_in(given.gt)]
    labels = sorted({label for truth in truths for label in np.unique(truth).tolist()} - {0})
    names = sorted({one.name for found in candidates.values() for one in found})
    kept = (draw_by_chance if given.by_chance else draw)(names, labels, given.keep, given.seed)
    rows: list[Row] = []
    with TemporaryDirectory() as work:
        partial = given.partial or Path(work)
        folders = {COMPLETE: given.i, SAID: partial / "candidates", UNSAID: partial / "candidates"}
        write_partial(candidates, kept, folders[SAID])
        sources = partial / "sources.json"
        sources.write_text(json.dumps({name: {"labels": {str(one): one for one in own}} for name, own in kept.items()}))
        fewer, apart = ({label: Path(work) / f"{way}_{label}" for label in labels} for way in ("fewer", "apart"))
        for label in labels:
            annotators = [name for name, own in kept.items() if label in own]
            _link(candidates, annotators, fewer[label])
            write_partial(candidates, dict.fromkeys(annotators, (label,)), apart[label])
        for rule in given.rules:
            for way, folder in folders.items():
                said = sources if way == SAID else None
                out = Path(work) / f"{rule} {way}"
                fuse_folder(
                    Request([folder], out, rule=rule, sources=said, all_annotate=said is None), progress=progress
                )
                rows += _rows(given.set, given.seed, rule, way, dice_of_labels(out, given.gt, labels))
            for way, of_labels in {FEWER: fewer, APART: apart}.items():
                found: dict[int, float] = {}
                for label, folder in of_labels.items():
                    out = Path(work) / f"{rule} {way} {label}"
                    fuse_folder(Request([folder], out, rule=rule, all_annotate=True), progress=progress)
                    found |= dice_of_labels(out, given.gt, [label])
                rows += _rows(given.set, given.seed, rule, way, found)
    for row in rows:
        print(*row.values())
    add_rows("partial_candidates", rows, ways=["rule", "candidates", "label"], folder=given.o)


def draw(sources: list[str], labels: list[int], keep: int, seed: int) -> dict[str, tuple[int, ...]]:
    """Labels that each source annotates: all choices of so many labels in turn, over sources in a drawn order."""
    order = np.random.default_rng(seed).permutation(len(sources))
    choices = list(combinations(labels, keep))
    return {sources[place]: choices[turn % len(choices)] for turn, place in enumerate(order)}


def draw_by_chance(sources: list[str], labels: list[int], keep: int, seed: int) -> dict[str, tuple[int, ...]]:
    """Labels that each source annotates: each source draws one of the choices of so many labels."""
    choices = list(combinations(labels, keep))
    drawn = np.random.default_rng(seed).integers(len(choices), size=len(sources))
    return {source: choices[number] for source, number in zip(sources, drawn, strict=True)}


def write_partial(candidates: Candidates, kept: Mapping[str, tuple[int, ...]], folder: Path) -> None:
    """Write the candidates of the sources in ``kept``, with the labels that they annotate, and no others."""
    folder.mkdir(parents=True)
    for found in candidates.values():
        for one in found:
            if one.name in kept:
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

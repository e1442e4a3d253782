"""The consensus of sources that do not mean the same, beside each of them: Dice of each structure that it annotates.

The consensus is what ``ds_fuse`` made of them, with its default options.
"""

from collections import defaultdict
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.datasets.candidates import LAYOUTS, find_candidates
from nnunet_deepstaple.datasets.structures.files import read_candidate
from nnunet_deepstaple.datasets.unlike import SourceRequest, sources_of
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.grids import OUTSIDE, on_grid
from nnunet_deepstaple.files.label_maps import read_label_map

from ..evidence.rows import Row, add_output_option, add_rows
from .common.judging import label_map_of

EXAMPLES = """\
  ds_fuse -i prostate/{Bosma22b,Guerbet23,HeviAI23,Yuan23} -sources sources.json --resample -o fused
  python -m scripts.experiments.unlike_sources -i prostate/{Bosma22b,Guerbet23,HeviAI23,Yuan23} \\
      -sources sources.json -f fused -set prostate
  python -m scripts.experiments.unlike_sources -i headneck -layout structures -f fused -set headneck
"""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("unlike_sources", __doc__ or "", EXAMPLES)
    arguments.add_argument("-i", type=Path, nargs="+", required=True, metavar="CANDIDATES", help="what was fused")
    arguments.add_argument("-f", type=Path, required=True, metavar="FUSED", help="what ds_fuse made of it")
    arguments.add_argument("-sources", type=Path, metavar="SOURCES.JSON", help="as ds_fuse took it")
    arguments.add_argument("-layout", choices=LAYOUTS, help="as ds_fuse took it")
    arguments.add_argument("-set", required=True, help="name of the set in the rows")
    add_output_option(arguments)
    given = arguments.parse_args()
    listed, layout = find_candidates(given.i, given.layout)
    candidates, sources, _ = sources_of(listed, layout, SourceRequest(given.sources), print, progress)
    if sources is None:
        raise InputError("all sources mean the same by their numbers; give -sources")
    dice: dict[tuple[str, str], list[float]] = defaultdict(list)
    for image, found in progress(candidates.items(), "Comparing", len(candidates)):
        consensus, grid = read_label_map(label_map_of(image, given.f))
        for candidate in found:
            labels, geometry = read_candidate(candidate)
            meaning = sources.meaning(candidate)
            shared = _shared(on_grid(labels, geometry, grid), consensus)
            for name, inside in sources.vocabulary.names.items():
                if all(one <= inside or not one & inside for one in meaning.values()):  # it tells the structure
                    marked = {number for number, one in meaning.items() if one <= inside}
                    volumes = [sum(n for (a, _), n in shared.items() if a in marked)]
                    volumes.append(sum(n for (_, b), n in shared.items() if b in inside))
                    both = sum(n for (a, b), n in shared.items() if a in marked and b in inside)
                    if any(volumes):
                        dice[candidate.name, name].append(2 * both / sum(volumes))
    rows: list[Row] = [
        {"set": given.set, "source": source, "structure": name, "Dice": float(np.mean(found)), "images": len(found)}
        for (source, name), found in sorted(dice.items())
    ]
    for row in rows:
        print(*row.values())
    add_rows("unlike_sources", rows, ways=["source", "structure"], folder=given.o)


def _shared(labels: np.ndarray, consensus: np.ndarray) -> dict[tuple[int, int], int]:
    """Voxels of each pair of a source's number and a label of the consensus, where the source has voxels."""
    some = (labels != 0) | (consensus != 0)
    pairs, counts = np.unique(labels[some].astype(np.int64) << 16 | consensus[some], return_counts=True)
    found = {(pair >> 16, pair & 0xFFFF): count for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True)}
    return {pair: count for pair, count in found.items() if pair[0] != OUTSIDE}


if __name__ == "__main__":
    main()

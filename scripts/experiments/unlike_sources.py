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
    candidates, sources = sources_of(listed, layout, SourceRequest(given.sources), print, progress)
    if sources is None:
        raise InputError("all sources mean the same by their numbers; give -sources")
    names = sources.vocabulary.names
    dice: dict[tuple[str, str], list[float]] = defaultdict(list)
    for image, found in progress(candidates.items(), "Comparing", len(candidates)):
        consensus, grid = read_label_map(label_map_of(image, given.f))
        for candidate in found:
            source = sources.of(candidate)
            labels, geometry = read_candidate(candidate)
            labels = on_grid(labels, geometry, grid)
            seen = labels != OUTSIDE
            for name in source.annotates:
                both = np.isin(labels, source.values_of(name)), np.isin(consensus, list(names[name])) & seen
                if volume := sum(map(np.count_nonzero, both)):
                    dice[candidate.name, name].append(2 * np.count_nonzero(both[0] & both[1]) / volume)
    rows: list[Row] = [
        {"set": given.set, "source": source, "structure": name, "Dice": float(np.mean(found)), "images": len(found)}
        for (source, name), found in sorted(dice.items())
    ]
    for row in rows:
        print(*row.values())
    add_rows("unlike_sources", rows, ways=["source", "structure"], folder=given.o)


if __name__ == "__main__":
    main()

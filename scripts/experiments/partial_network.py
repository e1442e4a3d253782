"""What a network trained on partial candidates adds to their vote.

The partial candidates are those that ``partial_candidates -partial`` keeps, the network is that of
``scoring_run -sources``. Compared are the label-only default, the default with the network's scores and predictions,
and the predictions alone.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.datasets.listing import label_maps_in
from nnunet_deepstaple.files.label_maps import read_label_map
from nnunet_deepstaple.fusion import Request, fuse_folder

from ..evidence.rows import Row, add_output_option, add_rows
from .partial_candidates import dice_of_labels

EXAMPLES = """\
  python -m scripts.experiments.partial_candidates -i hippocampus/candidates -gt hippocampus/oracle -set given \\
      -partial half
  python -m scripts.experiments.scoring_run -data hippocampus -candidates $PWD/half/candidates \\
      -sources half/sources.json -w work -epochs 40
  python -m scripts.experiments.partial_network -partial half -s work/results/…/fold_0/scores.csv \\
      -gt hippocampus/oracle -set given
"""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("partial_network", __doc__ or "", EXAMPLES)
    arguments.add_argument("-partial", type=Path, required=True, metavar="FOLDER", help="candidates/ and sources.json")
    arguments.add_argument("-s", type=Path, required=True, metavar="SCORES.CSV", help="of the network's fold")
    arguments.add_argument("-gt", type=Path, required=True, metavar="LABELS", help="true labels, <image><ending>")
    arguments.add_argument("-set", required=True, help="name of the set in the rows")
    arguments.add_argument("-seed", type=int, default=0, help="of the draw (0)")
    add_output_option(arguments)
    given = arguments.parse_args()
    labels = sorted({one for path, _ in label_maps_in(given.gt) for one in np.unique(read_label_map(path)[0])} - {0})
    rows: list[Row] = []
    with TemporaryDirectory() as work:
        folders = {"label-only": Path(work) / "labels", "with the network": Path(work) / "network"}
        for folder, scores in zip(folders.values(), ([], [given.s]), strict=True):
            request = Request(
                [given.partial / "candidates"],
                folder,
                rule=None if scores else "spectral",
                score_files=scores,
                sources=given.partial / "sources.json",
            )
            fuse_folder(request, print, progress)
        folders["the network alone"] = given.s.parent / "predictions"
        for way, folder in folders.items():
            for label, dice in dice_of_labels(folder, given.gt, [int(one) for one in labels]).items():
                rows.append({"set": given.set, "seed": given.seed, "way": way, "label": str(label), "Dice": dice})
    for row in rows:
        print(*row.values())
    add_rows("partial_network", rows, ways=["way", "label"], folder=given.o)


if __name__ == "__main__":
    main()

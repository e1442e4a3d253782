"""ds_rank: candidates, scores and a few true labels → which source to trust."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the tables are small, and -np says how many processors to use

import argparse
import shlex
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from ..datasets.candidates import LAYOUTS
from ..ranking.ceiling import Ceiling
from ..ranking.contours import TOLERANCE
from ..ranking.files import CSV, IMAGES, Ranking
from ..ranking.folder import new_ranking, rank_folder, top_file
from ..ranking.request import RankingRequest
from ..ranking.sentences import first_sentence, more_truths_sentence
from ..report.ranking_page import PAGE, write_page
from .common import add_candidates, add_workers, parser, progress, run, workers_of

EXAMPLES = """\
  ds_rank -i model_a model_b model_c
      several outputs of nnUNetv2_predict: which one is the best, and is it sure?
  ds_rank -i model_a model_b model_c -gt five_corrected
      with true labels of five images: much narrower intervals
  ds_rank -i models --top 3 -o ranking && ds_fuse -i ranking/top_3.txt -o fused
      fuse the three best
"""

_ROWS, _FIRST = 20, 3


def main() -> NoReturn:
    """Entry point of the console script."""
    run(_command)


def _command() -> None:
    given = _parser().parse_args()
    request = RankingRequest(
        folders=given.i,
        output=given.o,
        layout=given.layout,
        score_files=given.s,
        atlas_images=given.atlas_images,
        images=given.images,
        truth=given.gt,
        sources=given.sources,
        resample=given.resample,
        ceiling=None if given.ceiling is None else Ceiling(*given.ceiling),
        tolerance=given.tolerance,
        top=given.top,
        workers=workers_of(given),
    )
    request.check()
    notes: list[str] = []
    with new_ranking(given.o) as folder:
        ranking = rank_folder(replace(request, output=folder), notes.append, progress)
        write_page(ranking, folder)
    for line in as_text(ranking):
        print(line)
    for note in notes:
        print(f"note        {note}")
    for one in ranking.judged[:_FIRST]:
        print(f"look first  {one.image}, expected Dice of its consensus {1 - one.gain:.2f}")
    if (more := more_truths_sentence(ranking)) is not None:
        print(f"truth       {more}")
    names = [CSV, IMAGES, *([] if request.top is None else [top_file(request.top)])]
    print(f"written     {', '.join(str(request.output / name) for name in names)}")
    if request.top is not None:
        print(f"fuse them   ds_fuse -i {shlex.quote(str(request.output / top_file(request.top)))} -o fused")
    print(f"look at     {request.output / PAGE}")


def _parser() -> argparse.ArgumentParser:
    arguments = parser(
        "ds_rank",
        "Tell which source to trust: estimate each source's Dice with the true labels, with a 95 % interval, and which "
        "sources cannot be told apart. True labels are not needed; those of a few images make the intervals narrower.",
        EXAMPLES,
    )
    add_candidates(arguments, "-i", "i")
    arguments.add_argument(
        "-o", type=Path, default=Path("ranking"), metavar="RANKING", help="folder for the results (default: ranking)"
    )
    arguments.add_argument(
        "-s",
        type=Path,
        nargs="+",
        default=[],
        metavar="SCORES.CSV",
        help="scores of the candidates: the network that gave them is one more judge",
    )
    arguments.add_argument(
        "-atlas_images",
        type=Path,
        metavar="WARPED",
        help="where the sources are atlases: their images, warped as their labels were and named as the candidates "
        "are; what patches that look alike vote for is one more judge",
    )
    arguments.add_argument(
        "-images",
        type=Path,
        metavar="IMAGES",
        help="the images that they were warped to, <image>_0000<ending> (default: those that a dataset.json beside -i "
        "names)",
    )
    arguments.add_argument(
        "-gt", type=Path, metavar="LABELS", help="folder of true labels, <image><ending>, of some or all images"
    )
    arguments.add_argument(
        "-sources",
        type=Path,
        metavar="SOURCES.JSON",
        help="what the numbers of each source mean and which labels it annotates; a source is ranked for these only",
    )
    arguments.add_argument(
        "--resample", action="store_true", help="bring label maps onto the grid that most of their image have"
    )
    arguments.add_argument(
        "-layout",
        choices=LAYOUTS,
        help="how candidates are named (default: found from the files; by_image is never guessed)",
    )
    arguments.add_argument(
        "-ceiling",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="how near to the truth is what all sources have in common, as a range of Dice; the Dice of two experts on "
        "these structures is a good guide (default: 0.8 1, and a higher low end where sources nearly agree)",
    )
    arguments.add_argument(
        "-tolerance",
        type=float,
        default=TOLERANCE,
        metavar="MM",
        help="with -gt: borders no farther apart than this are the same for the surface Dice (default: 2)",
    )
    arguments.add_argument(
        "--top",
        type=int,
        metavar="N",
        help="also write top_N.txt, the folders of the N best sources, for ds_fuse -i",
    )
    add_workers(arguments, "image")
    return arguments


def as_text(ranking: Ranking) -> list[str]:
    """What the terminal shows: one sentence, then the table of the mean over labels."""
    rows = ranking.labels[0].sources
    width = max(6, *(len(one.source) for one in rows[:_ROWS]))
    lines = [first_sentence(ranking), ""]
    lines.append(f"rank  {'source':{width}}  images   Dice  95 % interval  ranks    group  volume")
    for one in rows[:_ROWS]:
        volume = "     –" if one.volume_ratio is None else f"{round(one.volume_ratio - 1, 2) + 0.0:+6.0%}"
        lines.append(
            f"{one.rank:4}  {one.source:{width}}  {one.images:6}  {one.dice:.3f}  {one.low:.3f} – {one.high:.3f}  "
            f"{f'{one.rank_low} – {one.rank_high}':8} {one.group:5}  {volume}"
        )
    if len(rows) > _ROWS:
        lines.append(f"… and {len(rows) - _ROWS} more")
    if len(rows) > 1:
        lines.append("The sources of a group cannot be told apart from its first one.")
    return [*lines, ""]

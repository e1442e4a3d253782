"""ds_report: candidates, scores and consensus → pages to look at."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the tables are small, and -np says how many processors to use

import argparse
from pathlib import Path
from typing import NoReturn

from ..datasets.candidates import ALLOW, LAYOUTS
from ..datasets.sources.table import table_of
from ..report.folder import ReportSummary, make_report
from ..report.request import ReportRequest
from ..wording import counted
from .common import add_candidates, add_workers, parser, progress, run, workers_of

EXAMPLES = """\
  ds_report -i $nnUNet_raw/Dataset701_Mine/labelsTr -f fused -o report
      after a training and ds_fuse; open report/index.html
  ds_report -i model_a model_b model_c -images images -o report
      several outputs of nnUNetv2_predict, fused for the report alone
  ds_report -i candidates -f fused -gt labels -o report
      with true labels: is the consensus better than majority, STAPLE and SIMPLE?
"""

_FIRST = 5


def main() -> NoReturn:
    """Entry point of the console script."""
    run(_command)


def _command() -> None:
    given = _parser().parse_args()
    request = ReportRequest(
        folders=given.i,
        output=given.o,
        layout=given.layout,
        score_files=given.s,
        fused=given.f,
        images=given.images,
        truth=given.gt,
        sources=given.sources,
        labels=given.labels,
        all_annotate=given.all_annotate,
        resample=given.resample,
        allow_doubtful=given.allow_doubtful,
        workers=workers_of(given),
        keep=given.keep,
    )
    _print_summary(make_report(request, lambda note: print(f"note        {note}"), progress))


def _parser() -> argparse.ArgumentParser:
    arguments = parser(
        "ds_report",
        "Make pages that show which images need a person, which candidates and sources are to be trusted, and what "
        "the consensus looks like. They open from the disk, with neither server nor internet; judgements made on them "
        "go back to ds_fuse -ratings.",
        EXAMPLES,
    )
    add_candidates(arguments, "-i", "i")
    arguments.add_argument("-o", required=True, type=Path, metavar="REPORT", help="folder for the report")
    arguments.add_argument(
        "-s",
        type=Path,
        nargs="+",
        default=[],
        metavar="SCORES.CSV",
        help="scores; else those that -f was fused with, else those that ds_fuse would find",
    )
    arguments.add_argument(
        "-f",
        type=Path,
        metavar="FUSED",
        help="what ds_fuse wrote; without it, images are fused for the report alone, as ds_fuse would",
    )
    arguments.add_argument(
        "-images",
        type=Path,
        metavar="IMAGES",
        help="folder of <image>_0000 files; else those that nnU-Net's files beside the candidates name",
    )
    arguments.add_argument("-gt", type=Path, metavar="LABELS", help="folder of true labels, <image><ending>")
    arguments.add_argument(
        "-layout",
        choices=LAYOUTS,
        help="how candidates are named (default: found from the files; by_image is never guessed)",
    )
    arguments.add_argument(
        "-sources", type=Path, metavar="SOURCES.JSON", help="what each source means, as ds_fuse takes it"
    )
    arguments.add_argument("-labels", type=Path, metavar="LABELS.JSON", help="label names, as ds_fuse takes them")
    arguments.add_argument("--all_annotate", action="store_true", help="as with ds_fuse")
    arguments.add_argument("--resample", action="store_true", help="as with ds_fuse")
    arguments.add_argument(
        ALLOW, dest="allow_doubtful", action="store_true", help="let pass what makes a result doubtful, as ds_fuse does"
    )
    add_workers(arguments, "image")
    arguments.add_argument(
        "--continue",
        dest="keep",
        action="store_true",
        help="keep the pages of images whose files are as they were in an earlier run",
    )
    return arguments


def _print_summary(summary: ReportSummary) -> None:
    if summary.sources:
        for line in table_of(summary.sources):
            print(f"sources     {line}")
    kept = f", {summary.kept} made before" if summary.kept else ""
    print(f"looked at   {counted(summary.made, 'image')}{kept}")
    for one in summary.ranked[:_FIRST]:
        strays = "".join(f"; {sentence}" for sentence in one.strays)
        print(f"look first  {one.image.image}, need {one.need:.3f}{strays}")
    print(f"written     {summary.index}")

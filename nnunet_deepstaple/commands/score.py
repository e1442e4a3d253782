"""ds_score: the visit logs of trained folds → scores.csv."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import NoReturn

from ..scoring.rescoring import Rescoring
from ..scoring.score_folds import ScoringSummary, score_folds
from ..scoring.scores import FILE_NAME
from ..scoring.scoring_record import LogRecord
from ..wording import counted
from .common import parser, progress, run

EXAMPLES = """\
  ds_score -i $nnUNet_results/Dataset701_Mine/nnUNetTrainerDeepSTAPLE__nnUNetPlans__3d_fullres/fold_*
      the scores of all folds in one table
  ds_score -i fold_0 -learning_rate 0.01 --no_risk_regularisation -o ablation/no_risk.csv
      data parameters learned in another way
  ds_score -i fold_0 -last_part 0.2 -o late.csv
      only the visits of the last fifth of the epochs
"""


def main() -> NoReturn:
    """Entry point of the console script."""
    run(_command)


def _command() -> None:
    arguments = parser(
        "ds_score",
        "Score the candidates of a training again from its visit log, in seconds: without a network, without a GPU. "
        "An option that is not given stays as the training had it; without any, this gives the scores of the training.",
        EXAMPLES,
    )
    arguments.add_argument(
        "-i",
        required=True,
        type=Path,
        nargs="+",
        metavar="FOLD_FOLDER",
        help="fold folder(s) of a training, or the visits.gz in them; several are merged per case",
    )
    arguments.add_argument(
        "-o",
        type=Path,
        default=Path(FILE_NAME),
        metavar="SCORES.CSV",
        help=f"where to write (default: {FILE_NAME} in the current folder); the record of how it was made lies beside "
        "it as .json. Nothing but an earlier result of ds_score is ever replaced",
    )
    arguments.add_argument("-learning_rate", type=float, metavar="X", help="learning rate of the data parameters θ")
    arguments.add_argument("-initial_value", type=float, metavar="X", help="θ before the first visit")
    arguments.add_argument("-clamp", type=float, metavar="X", help="keep θ within ± X")
    arguments.add_argument("-warm_up", type=int, metavar="EPOCHS", help="first epochs, whose visits leave θ as it is")
    arguments.add_argument(
        "-baseline",
        choices=("batch", "running"),
        help="what the cost of a visit is compared with: the mean of its batch, or a running mean over the batches "
        "before",
    )
    arguments.add_argument(
        "--no_fixed_weighting",
        dest="fixed_weighting",
        action="store_const",
        const=False,
        help="do not divide the cost by ln(n + e) + e, n the foreground voxels of the candidate",
    )
    arguments.add_argument(
        "--no_risk_regularisation",
        dest="risk_regularisation",
        action="store_const",
        const=False,
        help="do not subtract the network's share of foreground from the cost",
    )
    arguments.add_argument(
        "-last_part",
        type=float,
        metavar="P",
        help="count only the visits of the last part P of the epochs, in every column (default: θ learns from all "
        "visits, the agreement counts the last 0.4)",
    )
    given = arguments.parse_args()
    rescoring = Rescoring(**{field.name: getattr(given, field.name) for field in fields(Rescoring)})
    summary = score_folds(given.i, given.o, rescoring, lambda note: print(f"note        {note}"), progress)
    _print_summary(summary, given.o, rescoring)


def _print_summary(summary: ScoringSummary, output: Path, rescoring: Rescoring) -> None:
    logs, splits = summary.record.logs, list(summary.scores.splits.values())
    options = [f"{name} {value}" for name, value in summary.record.options.items()]
    counts = [f"{splits.count(split)} {split}" for split in ("train", "val", "both") if split in splits]
    visits = sum(log.visits for log in logs)
    print(f"visits      {visits} of {counted(len(logs), 'fold')}")
    print(f"cases       {len(splits)}: {', '.join(counts)}")
    print(f"options     {', '.join(options) or 'those of the training'}")
    print(f"written     {output}\n            {summary.record_path}")
    column = " -score data_parameter" if rescoring.changes else ""
    print(f"next        ds_fuse -i {_candidates(logs)} -s {output}{column} -o fused")


def _candidates(logs: Sequence[LogRecord]) -> str:
    """Where the candidates of the training are, as far as the folders of nnU-Net tell it."""
    datasets = {part for log in logs for part in Path(log.file).parts if part.startswith("Dataset")}
    return f"$nnUNet_raw/{datasets.pop()}/labelsTr" if len(datasets) == 1 else "CANDIDATES"

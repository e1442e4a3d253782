"""Which number finds the images whose consensus is bad? Spearman's ρ with its true error, on several sets.

Reads reports that ds_report made with -gt; their page "Against the true labels" has the same numbers of each set. The
rows are what could order the index: the need and its two parts, the expected error of the consensus under the vote
shares and the network's disagreement with the vote; the share of disputed voxels; the mean score.
"""

from pathlib import Path
from typing import NoReturn

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.report.image_report import NUMBERS, read_numbers
from nnunet_deepstaple.report.ranking import rank
from nnunet_deepstaple.report.truth import correlations_of_need, judge

from ..evidence.rows import add_output_option, add_rows

EXAMPLES = """\
  ds_score -i evidence/logs/given_seed0 -last_part 0.8 -o scores.csv
  ds_fuse -i hippocampus/candidates -s scores.csv -predictions evidence/logs/given_seed0/predictions -o fused
  ds_report -i hippocampus/candidates -f fused -gt hippocampus/oracle -o report
  python -m scripts.experiments.look_first -report given report
"""

METRIC = "Spearman with the error"


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("look_first", __doc__ or "", EXAMPLES)
    arguments.add_argument(
        "-report",
        nargs=2,
        action="append",
        required=True,
        metavar=("NAME", "REPORT"),
        help="a set and its report; may be given several times",
    )
    add_output_option(arguments)
    given = arguments.parse_args()
    for name, report in given.report:
        ranked = rank([read_numbers(path) for path in sorted((Path(report) / NUMBERS).glob("*.json"))])
        table = judge(ranked)
        if table is None:
            raise InputError(f"{report} is not a report with true labels; make it with ds_report -gt")
        common = {"set": name, "images": len(ranked)}
        rows = [{**common, "number": one.what, METRIC: one.rho} for one in correlations_of_need(ranked)]
        error = {**common, "number": "error", "mean error": 1 - table.judged[0].dice}
        add_rows("look_first", [*rows, error], ["number"], folder=given.o)


if __name__ == "__main__":
    main()

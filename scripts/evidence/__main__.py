"""Handle the evidence: the table of all results and the archive of kept runs."""

from pathlib import Path
from typing import NoReturn

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.errors import RunError

from .logs import ARCHIVE, add_run, run_folder, run_names
from .pages import write_pages
from .rows import RESULTS, Evidence, differences, fold, read_evidence, read_rows

EXAMPLES = """\
  python -m scripts.evidence unpack given_seed0
  python -m scripts.evidence keep work/results/…/fold_0 given_seed1
  python -m scripts.evidence fold
"""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("evidence", __doc__ or "", EXAMPLES)
    what = arguments.add_subparsers(dest="what", required=True, metavar="WHAT")
    page = what.add_parser("pages", help="write a page for each experiment, as the build of the documentation does")
    page.add_argument("-o", required=True, type=Path, metavar="FOLDER", help="for the pages")
    what.add_parser("fold", help="move the rows in evidence/new/ into evidence/results.csv.gz")
    compare = what.add_parser("compare", help="tell which rows of a folder are not those of the evidence")
    compare.add_argument(
        "folder", type=Path, metavar="FOLDER", help="of the rows, such as those that make replays makes"
    )
    unpack = what.add_parser("unpack", help="unpack kept runs to evidence/logs/, each file checked by its SHA-256")
    unpack.add_argument("names", nargs="*", metavar="NAME", help="runs (all)")
    keep = what.add_parser("keep", help="add a run to evidence/logs.zip: its visit logs and predictions")
    keep.add_argument("fold", type=Path, metavar="FOLD_FOLDER", help="that scoring_run left")
    keep.add_argument("name", help="of the run, <set>_<what is special>")
    given = arguments.parse_args()
    if given.what == "pages":
        write_pages(read_evidence(), given.o)
    elif given.what == "fold":
        print(f"folded      {fold()} rows into {RESULTS}")
    elif given.what == "compare":
        _compare(read_rows(given.folder))
    elif given.what == "unpack":
        for name in given.names or run_names():
            print(f"unpacked    {run_folder(name)}")
    else:
        add_run(given.fold, given.name)
        print(f"kept        {given.name} in {ARCHIVE}")


def _compare(rows: Evidence) -> None:
    found = differences(rows, read_evidence())
    for name, (value, recorded) in found.items():
        where = ", ".join(filter(None, (name.experiment, name.set, name.image, name.way, name.seed, name.metric)))
        print(f"differs     {where}: {value}, recorded {recorded}")
    print(f"compared    {len(rows)} rows, {len(rows) - len(found)} the same")
    if found:
        raise RunError(f"{len(found)} of {len(rows)} rows differ")


if __name__ == "__main__":
    main()

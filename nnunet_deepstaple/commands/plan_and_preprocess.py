"""ds_plan_and_preprocess: a raw dataset → nnU-Net's fingerprint, plans and preprocessed folders."""

from typing import NoReturn

from ..datasets.nnunet_folders import dataset_number, find_raw_dataset, nnunet_folder
from ..files.outputs import only_run_for
from .common import parser, progress, run, workers_of
from .preprocess import add_options, preprocess, require_environment

EXAMPLES = """\
  ds_plan_and_preprocess -d 701 -c 3d_fullres
      after ds_prepare; then nnUNetv2_train 701 3d_fullres 0 -tr nnUNetTrainerDeepSTAPLE
  ds_plan_and_preprocess -d 701 -c 3d_fullres -pl nnUNetPlannerResEncM
      for other options of planning: nnUNetv2_plan_experiment, then ds_preprocess -p PLANS
"""


def main() -> NoReturn:
    """Entry point of the console script."""
    run(_command)


def _command() -> None:
    arguments = parser(
        "ds_plan_and_preprocess",
        "Plan and preprocess a dataset as nnUNetv2_plan_and_preprocess does, with the same fingerprint, plans and "
        "folders, but each image is read, computed and stored once for all its candidates.",
        EXAMPLES,
    )
    add_options(arguments)
    arguments.add_argument(
        "-pl", default="ExperimentPlanner", metavar="PLANNER", help="nnU-Net's planner (default: ExperimentPlanner)"
    )
    given = arguments.parse_args()
    require_environment(least_da=1)  # the planner takes it for a number of threads
    raw = find_raw_dataset(given.d)
    from nnunetv2.experiment_planning.plan_and_preprocess_api import plan_experiments  # noqa: PLC0415 (seconds)

    from ..preprocess.fingerprint import FILE, extract_fingerprint  # noqa: PLC0415
    from ..preprocess.plans_file import require_planner  # noqa: PLC0415

    require_planner(given.pl)
    folder = nnunet_folder("nnUNet_preprocessed") / raw.name
    with only_run_for(folder / FILE):
        file = extract_fingerprint(raw, folder, workers_of(given), progress)
        print(f"fingerprint {file}")
        plans = plan_experiments([dataset_number(raw.name)], given.pl)
    preprocess(raw, plans, given)

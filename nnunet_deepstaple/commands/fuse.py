"""ds_fuse: candidate label maps → one consensus per image."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the tables are small, and -np says how many processors to use

import argparse
from dataclasses import fields
from pathlib import Path
from typing import NoReturn

from ..datasets.candidates import ALLOW, LAYOUTS
from ..datasets.label_names import show_values
from ..datasets.sources.table import table_of
from ..fusion.dependent_groups import dependent_groups, shown_groups
from ..fusion.folder import FusionSummary, run_plan
from ..fusion.planning.plan import Plan, make_plan
from ..fusion.planning.predictions import SOFT_WEIGHT, WEIGHT
from ..fusion.planning.request import AUTO, Request
from ..fusion.rules.by_name import DECISIONS, JOINT, LABEL_ONLY, NAMES, SMOOTHED
from ..fusion.weights.features import INTENSITY, MIND
from ..fusion.weights.features import KINDS as FEATURES
from ..fusion.weights.joint import RADIUS, SEARCH
from ..fusion.weights.scores import KINDS, TEMPERATURES
from ..fusion.weights.scores_and_overlap import MANY_CANDIDATES, OVERLAP_POWER, SCORE_TRUST
from ..wording import counted, span
from .common import Parser, add_candidates, add_parts, add_workers, parser, progress, run, workers_of

_FIELDS = {field.name for field in fields(Request)}

EXAMPLES = """\
  ds_fuse -i $nnUNet_raw/Dataset701_Mine/labelsTr -o fused -d_out 702_MineFused
      after nnUNetv2_train 701 3d_fullres 0 -tr nnUNetTrainerDeepSTAPLE: its scores weight the vote
  ds_fuse -i model_a model_b model_c -o fused
      several outputs of nnUNetv2_predict, one folder per candidate
  ds_fuse -i candidates -s my_scores.csv -score dice -weights power -temperature 8 -o fused
"""


def main() -> NoReturn:
    """Entry point of the console script."""
    run(_command)


def _command() -> None:
    given = _parser().parse_args()
    options = {name: value for name, value in vars(given).items() if name in _FIELDS}
    request = Request(**options, workers=workers_of(given), part=(given.part_id, given.num_parts))
    plan = make_plan(request, progress)
    for note in plan.notes:
        print(f"note        {note}")
    if plan.sources:
        for line in table_of(plan.sources):
            print(f"sources     {line}")
    if plan.labels:
        print(f"labels      {show_values(plan.labels)}")
    print(f"rule        {_rule(plan)}")
    if given.dry_run:
        _print_plan(plan)
    else:
        _print_summary(run_plan(plan, request.workers, progress), plan)


def _parser() -> Parser:
    arguments = parser(
        "ds_fuse",
        "Fuse the candidate label maps of each image into one consensus. Everything is read and checked before "
        "anything is written; what was done is recorded in fusion.json.",
        EXAMPLES,
        usage="ds_fuse -i CANDIDATES [CANDIDATES ...] -o FUSED [options]",
    )
    _add_usual(arguments)
    add_workers(arguments, "image")
    more = arguments.tuning()
    add_parts(more)
    _add_tuning(more)
    return arguments


def _add_usual(arguments: argparse.ArgumentParser) -> None:
    add = arguments.add_argument
    add_candidates(arguments, "-i", "folders")
    add("-o", dest="output", required=True, type=Path, metavar="FUSED", help="folder for the results")
    add(
        "-s",
        dest="score_files",
        type=Path,
        nargs="+",
        default=[],
        metavar="SCORES.CSV",
        help="scores (default: scores.csv in -i, else those of the training of the dataset whose labelsTr is -i)",
    )
    add("-rule", choices=NAMES, help=f"default: {JOINT} with -atlas_images, weighted with scores, else {LABEL_ONLY}")
    add(
        "-atlas_images",
        type=Path,
        metavar="WARPED",
        help="the atlases' images, warped as their labels were and named as the candidates are: they tell which atlas "
        "to follow where",
    )
    add(
        "-images",
        type=Path,
        metavar="IMAGES",
        help="the images to be labelled, <image>_0000<ending> (default: those that a dataset.json beside -i names)",
    )
    add(
        "-sources",
        type=Path,
        metavar="SOURCES.JSON",
        help="what each source means by its numbers and annotates (default: its own dataset.json)",
    )
    add("--resample", action="store_true", help="bring candidates onto the grid that most of their image have")
    add(
        "-layout",
        choices=LAYOUTS,
        help="how candidates are named (default: found from the files; by_image is never guessed)",
    )
    add(
        "-predictions",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="the network's own label maps, which vote too (default: predictions/ beside the scores)",
    )
    add(
        "-ratings",
        type=Path,
        metavar="RATINGS.CSV",
        help="judgements from the pages of ds_report: excluded candidates do not vote",
    )
    add(
        "--save_vote_share",
        "--save_agreement",
        dest="save_vote_share",
        action="store_true",
        help="also write vote_share/<image>.nii.gz, the share of the winning label in each voxel",
    )
    add("-d_out", dest="dataset", metavar="ID_NAME", help="also make the raw dataset DatasetID_NAME of the consensus")
    add("--dry_run", action="store_true", help="check everything, print what would be done, and write nothing")
    add("--continue", dest="keep", action="store_true", help="skip the images that an earlier run finished")


def _add_tuning(tuning: argparse._ArgumentGroup) -> None:
    add = tuning.add_argument
    add(
        "-features",
        choices=(AUTO, *FEATURES),
        default=AUTO,
        help=f"how images are compared: {INTENSITY} where atlases have the images' contrast or its opposite, {MIND} "
        "where they have any other (default: auto, which finds out)",
    )
    add("-score", metavar="COLUMN", help="column of the scores (default: agreement)")
    add("-labels", type=Path, metavar="LABELS.JSON", help="label names and numbers where no dataset.json says them")
    add(
        "--all_annotate",
        action="store_true",
        help="each source looked for all labels, also for those that it never shows",
    )
    add("-corrected", type=Path, metavar="FOLDER", help="label maps <image><ending> that stand instead of a consensus")
    add("--save_probabilities", action="store_true", help="also write .npz and .pkl for nnUNetv2_ensemble")
    add(
        "-ignore_below",
        type=float,
        metavar="P",
        help="voxels whose label has a share below P become nnU-Net's ignore label",
    )
    add(
        "-patch_radius",
        type=int,
        default=RADIUS,
        metavar="N",
        help=f"with -atlas_images: voxels of the finest axis from a patch's centre to its border ({RADIUS})",
    )
    add(
        "-search",
        type=int,
        metavar="N",
        help="with -atlas_images: voxels of the finest axis that an atlas' patch may lie away (default: "
        + ", ".join(f"{search} for {features}" for features, search in SEARCH.items())
        + "; twice as far takes four times as long)",
    )
    add(
        "--disputed_only",
        action="store_true",
        help="with -rule staple: estimate from the voxels on which candidates differ, not from the whole image",
    )
    add(
        "-weights",
        choices=KINDS,
        help="softmax(T·z) of the score standardised within the image; power: score^T; paper: softmax of the raw score "
        "(default: power for agreements, softmax for other scores)",
    )
    temperatures = ", ".join(f"{temperature:g} for {kind}" for kind, temperature in TEMPERATURES.items())
    add("-temperature", type=float, metavar="T", help=f"T of softmax and power ({temperatures})")
    add(
        "-score_trust",
        type=float,
        metavar="T",
        help=f"weights = (by scores)^T · d^({OVERLAP_POWER:g} - {OVERLAP_POWER:g}T), d the candidate's Dice with what "
        f"the others vote by their scores (default: {SCORE_TRUST:g} for agreements where images have "
        f"{MANY_CANDIDATES} candidates or more of a structure on average, 1 for other scores and where -weights or "
        f"-temperature is given)",
    )
    add(
        "-prediction_weight",
        type=float,
        metavar="W",
        help=f"weight of an image's predictions, where its candidates together have 1; those that the candidates' vote "
        f"does not confirm lose some of it (default: {SOFT_WEIGHT:g} with soft labels, {WEIGHT:g} without or with "
        "-atlas_images; 0 with -weights paper, and with -d_out, because the next network would learn their errors)",
    )
    add(
        "--soft_candidates",
        action="store_true",
        help="candidates vote by the .npz beside their label maps, as nnUNetv2_predict --save_probabilities leaves it",
    )
    add(
        "-decide",
        dest="decision",
        choices=DECISIONS,
        help="argmax: the label with the largest share; dice: the label map of the largest expected Dice (default: "
        f"argmax; with -rule {LABEL_ONLY} dice in images whose candidates hardly overlap)",
    )
    add(
        "-smooth",
        dest="smoothing",
        type=float,
        metavar="MM",
        help="smooth the shares with a Gaussian of this standard deviation before they decide, 0 for not at all "
        f"(default: half of a voxel's finest side with {', '.join(SMOOTHED)}, unless -weights paper; else 0)",
    )
    add(
        ALLOW,
        dest="allow_doubtful",
        action="store_true",
        help="let pass what makes the result doubtful: files that may be candidates and cannot be read, a file with "
        "many values where the other candidates have few",
    )


def _rule(plan: Plan) -> str:
    record = plan.record
    found = {"score": record.score, "weights": record.weights, "temperature": record.temperature}
    options = [f"{key} {value}" for key, value in found.items() if value is not None]
    options += [f"patches compared by {record.features}"] if record.features else []
    options += ["disputed voxels only"] if record.disputed_only else []
    return ", ".join([record.rule, *options])


def _print_plan(plan: Plan) -> None:
    for file in plan.record.score_files:
        print(f"scores      {file.file}")
    others = len(plan.images) - len(plan.tasks)
    print(f"images      {len(plan.tasks)} to fuse, {others} by other runs or finished before")
    for image, task in plan.tasks.items():
        votes = [f"{voter.name} {weight:.2f}" for voter, weight in zip(task.voters, task.weights, strict=True)]
        print(f"            {image}: {', '.join(votes)}")
    for path in plan.files:
        print(f"to write    {path}")
    if plan.dataset:
        print(f"            {plan.dataset.new.folder}")
    print("dry run     nothing was written")


def _print_summary(summary: FusionSummary, plan: Plan) -> None:
    kept = f", {summary.kept} finished before" if summary.kept else ""
    if summary.images:
        print(f"candidates  {span([len(record.candidates) for record in summary.images.values()])} per image")
    if kept_weights := _kept_by_predictions(summary):
        least = min(kept_weights, key=lambda image: kept_weights[image])
        mean = sum(kept_weights.values()) / len(kept_weights)
        print(f"predictions keep {mean:.0%} of their weight on average, {kept_weights[least]:.0%} in '{least}'")
    print(f"fused       {counted(summary.fused, 'image')}{kept}")
    for group in shown_groups(dependent_groups(summary.images)):
        print(f"dependence  {group}")
    for image, record in summary.images.items():
        for warning in record.warnings:
            print(f"warning     {image}: {warning}")
    index, parts = plan.part
    if not summary.complete:
        print(f"part        {index} of {parts} is done; the part that ends last writes fusion.json")
    print(f"written     {plan.method.folder}")
    if summary.dataset is not None:
        number = summary.dataset.name.removeprefix("Dataset").partition("_")[0].lstrip("0")
        print(f"            {summary.dataset}")
        print(f"next        ds_plan_and_preprocess -d {number}")


def _kept_by_predictions(summary: FusionSummary) -> dict[str, float]:
    """How much of their weight the predictions of each image keep beside its candidates, 1 for all."""
    weight = summary.record.prediction_weight
    return {
        image: sum(record.predictions.values()) / sum(record.weights) / weight
        for image, record in summary.images.items()
        if record.predictions and record.weights and weight
    }

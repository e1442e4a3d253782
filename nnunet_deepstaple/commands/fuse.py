"""ds_fuse: candidate label maps → one consensus per image."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the tables are small, and -np says how many processors to use

import argparse
from pathlib import Path
from typing import NoReturn

from ..datasets.candidates import ALLOW, LAYOUTS
from ..datasets.label_names import show_values
from ..fusion.folder import Summary, run_plan
from ..fusion.plan import Plan, make_plan
from ..fusion.predictions import SOFT_WEIGHT, WEIGHT
from ..fusion.request import Request
from ..fusion.rules.by_name import DECISIONS, LABEL_ONLY, RULES, SMOOTHED
from ..fusion.trust import MANY, OVERLAP_POWER, SCORE_TRUST
from ..fusion.weights import KINDS, TEMPERATURES
from .common import add_workers, parser, progress, run, workers_of

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
    request = Request(
        folders=given.i,
        output=given.o,
        layout=given.layout,
        rule=given.rule,
        disputed_only=given.disputed_only,
        score_files=given.s,
        score=given.score,
        weights=given.weights,
        temperature=given.temperature,
        score_trust=given.score_trust,
        predictions=given.predictions,
        prediction_weight=given.prediction_weight,
        ratings=given.ratings,
        corrected=given.corrected,
        soft_candidates=given.soft_candidates,
        decision=given.decide,
        smoothing=given.smooth,
        ignore_below=given.ignore_below,
        save_probabilities=given.save_probabilities,
        save_agreement=given.save_agreement,
        dataset=given.d_out,
        workers=workers_of(given),
        part=(given.part_id, given.num_parts),
        keep=given.keep,
        allow_doubtful=given.allow_doubtful,
    )
    plan = make_plan(request, progress)
    for note in plan.notes:
        print(f"note        {note}")
    if plan.labels:
        print(f"labels      {show_values(plan.labels)}")
    print(f"rule        {_rule(plan)}")
    if given.dry_run:
        _print_plan(plan)
    else:
        _print_summary(run_plan(plan, request.workers, progress), plan)


def _parser() -> argparse.ArgumentParser:
    arguments = parser(
        "ds_fuse",
        "Fuse the candidate label maps of each image into one consensus. Everything is read and checked before "
        "anything is written; what was done is recorded in fusion.json.",
        EXAMPLES,
    )
    arguments.add_argument(
        "-i", required=True, type=Path, nargs="+", metavar="CANDIDATES", help="folder(s) of candidate label maps"
    )
    arguments.add_argument("-o", required=True, type=Path, metavar="FUSED", help="folder for the results")
    arguments.add_argument(
        "-s",
        type=Path,
        nargs="+",
        default=[],
        metavar="SCORES.CSV",
        help="scores; else scores.csv in -i, else those of the training of the dataset whose labelsTr is -i",
    )
    arguments.add_argument("-rule", choices=RULES, help=f"default: weighted with scores, {LABEL_ONLY} without any")
    arguments.add_argument(
        "--disputed_only",
        action="store_true",
        help="with -rule staple: estimate from the voxels on which candidates differ, not from the whole image",
    )
    arguments.add_argument("-score", metavar="COLUMN", help="column of the scores (default: agreement)")
    arguments.add_argument(
        "-weights",
        choices=KINDS,
        help="softmax(T·z) of the score standardised within the image; power: score^T; paper: softmax of the raw score "
        "(default: power for agreements, softmax for other scores)",
    )
    temperatures = ", ".join(f"{temperature:g} for {kind}" for kind, temperature in TEMPERATURES.items())
    arguments.add_argument("-temperature", type=float, metavar="T", help=f"T of softmax and power ({temperatures})")
    arguments.add_argument(
        "-score_trust",
        type=float,
        metavar="T",
        help=f"weights = (by scores)^T · d^({OVERLAP_POWER:g} - {OVERLAP_POWER:g}T), d the candidate's Dice with what "
        f"the others vote by their scores (default: {SCORE_TRUST:g} for agreements where images have {MANY} candidates "
        "or more on average, 1 for other scores and where -weights or -temperature is given)",
    )
    arguments.add_argument(
        "-predictions",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="the network's own label maps, which vote too, by their probabilities where the trainer or "
        "--save_probabilities left them beside "
        "(default: predictions/ beside the scores, where the trainer leaves them)",
    )
    arguments.add_argument(
        "-prediction_weight",
        type=float,
        metavar="W",
        help=f"weight of an image's predictions, where its candidates together have 1; those that the candidates' vote "
        f"does not confirm lose some of it (default: {SOFT_WEIGHT:g} with soft labels, {WEIGHT:g} without; 0 with "
        "-weights paper, and with -d_out, since the next network would learn their errors)",
    )
    arguments.add_argument(
        "--soft_candidates",
        action="store_true",
        help="candidates vote by the .npz beside their label maps, as nnUNetv2_predict --save_probabilities leaves it",
    )
    arguments.add_argument(
        "-decide",
        choices=DECISIONS,
        help="argmax: the label with the largest share; dice: the label map of the largest expected Dice (default: "
        f"argmax; with -rule {LABEL_ONLY} dice in images whose candidates hardly overlap)",
    )
    arguments.add_argument(
        "-smooth",
        type=float,
        metavar="MM",
        help="smooth the shares with a Gaussian of this standard deviation before they decide, 0 for not at all "
        f"(default: half of a voxel's finest side with {', '.join(SMOOTHED)}, unless -weights paper; else 0)",
    )
    arguments.add_argument(
        "-ratings",
        type=Path,
        metavar="RATINGS.CSV",
        help="judgements from the pages of ds_report: excluded candidates do not vote, the rest is recorded",
    )
    arguments.add_argument(
        "-corrected",
        type=Path,
        metavar="FOLDER",
        help="label maps <image><ending> that a person corrected: each stands as it is instead of a consensus",
    )
    arguments.add_argument(
        "-layout",
        choices=LAYOUTS,
        help="how candidates are named; told from the files when not given, by_image is never guessed",
    )
    arguments.add_argument(
        ALLOW,
        dest="allow_doubtful",
        action="store_true",
        help="let pass what makes the result doubtful: files that may be candidates and cannot be read, a file with "
        "many values where the other candidates have few",
    )
    arguments.add_argument(
        "-ignore_below",
        type=float,
        metavar="P",
        help="voxels whose winning label has a share (or probability) below P become nnU-Net's ignore label",
    )
    arguments.add_argument(
        "--save_probabilities", action="store_true", help="also write .npz and .pkl for nnUNetv2_ensemble"
    )
    arguments.add_argument(
        "--save_agreement",
        action="store_true",
        help="also write agreement/<image>.nii.gz, the winning label's share in each voxel",
    )
    arguments.add_argument(
        "-d_out",
        metavar="ID_NAME",
        help="also make the raw dataset DatasetID_NAME of the images (referenced) and their consensus",
    )
    add_workers(arguments, "image")
    arguments.add_argument(
        "-num_parts", type=int, default=1, metavar="N", help="share the images among N runs, as nnUNetv2_predict does"
    )
    arguments.add_argument("-part_id", type=int, default=0, metavar="I", help="which of them this is, from 0 on")
    arguments.add_argument(
        "--dry_run", action="store_true", help="check everything, print what would be done, and write nothing"
    )
    arguments.add_argument(
        "--continue", dest="keep", action="store_true", help="skip the images that an earlier run finished"
    )
    return arguments


def _rule(plan: Plan) -> str:
    record = plan.record
    options = [f"{key} {record[key]}" for key in ("score", "weights", "temperature") if key in record]
    options += ["disputed voxels only"] if "disputed_only" in record else []
    return ", ".join([str(record["rule"]), *options])


def _print_plan(plan: Plan) -> None:
    for file in plan.record.get("score_files", []):
        print(f"scores      {file['file']}")
    print(f"images      {len(plan.jobs)} to fuse, {len(plan.images) - len(plan.jobs)} by other runs or finished before")
    for image, job in plan.jobs.items():
        votes = [f"{voter.name} {weight:.2f}" for voter, weight in zip(job.voters, job.weights, strict=True)]
        print(f"            {image}: {', '.join(votes)}")
    for path in plan.files:
        print(f"to write    {path}")
    if plan.dataset:
        print(f"            {plan.dataset.new.folder}")
    print("dry run     nothing was written")


def _print_summary(summary: Summary, plan: Plan) -> None:
    kept = f", {summary.kept} finished before" if summary.kept else ""
    counts = sorted(len(entry["candidates"]) for entry in summary.entries.values())
    if counts:
        print(f"candidates  {counts[0]}{f' to {counts[-1]}' if counts[-1] > counts[0] else ''} per image")
    if kept_weights := _kept_by_predictions(summary):
        least = min(kept_weights, key=lambda image: kept_weights[image])
        mean = sum(kept_weights.values()) / len(kept_weights)
        print(f"predictions keep {mean:.0%} of their weight on average, {kept_weights[least]:.0%} in '{least}'")
    print(f"fused       {summary.fused} image{'' if summary.fused == 1 else 's'}{kept}")
    for image, entry in summary.entries.items():
        for warning in entry["warnings"]:
            print(f"warning     {image}: {warning}")
    index, parts = plan.part
    if not summary.complete:
        print(f"part        {index} of {parts} is done; the part that ends last writes fusion.json")
    print(f"written     {plan.method.folder}")
    if summary.dataset is not None:
        number = summary.dataset.name.removeprefix("Dataset").partition("_")[0].lstrip("0")
        print(f"            {summary.dataset}")
        print(f"next        ds_plan_and_preprocess -d {number}")


def _kept_by_predictions(summary: Summary) -> dict[str, float]:
    """How much of their weight the predictions of each image keep beside its candidates, 1 for all."""
    return {
        image: sum(entry["predictions"].values()) / sum(entry["weights"]) / summary.record["prediction_weight"]
        for image, entry in summary.entries.items()
        if "predictions" in entry
    }

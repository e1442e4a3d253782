"""ds_prepare: images and their candidates → an nnU-Net raw dataset."""

from pathlib import Path
from statistics import median
from typing import NoReturn

from ..datasets.candidates import ALLOW, LAYOUTS
from ..datasets.nnunet_folders import dataset_name, dataset_number, require_free
from ..datasets.prepare import Preparation, PrepareRequest, check, write
from ..datasets.raw_dataset import require_nobody_makes
from ..datasets.sources.table import table_of
from ..wording import span
from .common import add_candidates, add_workers, parser, progress, run, workers_of

EXAMPLES = """\
  ds_prepare -i images -l candidates -d 701 -n Hippocampus
      candidates/<image>__<candidate>.nii.gz or candidates/<candidate>/<image>.nii.gz
  ds_prepare -i images -l atlas_a atlas_b atlas_c -d 701 -n Hippocampus
      one folder per candidate, as several runs of nnUNetv2_predict leave them
  ds_prepare -i images -l raters -layout by_image -labels labels.json -d 701 -n Hippocampus
      raters/<image>/<candidate>.nii.gz; labels.json: {"background": 0, "anterior": 1, "posterior": 2}
  ds_prepare -i images -l runs/ants/labels runs/elastix/labels -channels CT -d 702 -n Liver
      CT, normalised as such; the candidates are called ants and elastix
"""


def main() -> NoReturn:
    """Entry point of the console script."""
    run(_command)


def _command() -> None:
    arguments = parser(
        "ds_prepare",
        "Make an nnU-Net raw dataset of images with several candidate labels each. Every (image, candidate) pair "
        "becomes a case <image>__<candidate>; images are referenced where they lie, never copied.",
        EXAMPLES,
    )
    arguments.add_argument("-i", required=True, type=Path, metavar="IMAGES", help="folder of <image>_0000<ending>, …")
    add_candidates(arguments, "-l", "l")
    arguments.add_argument("-d", required=True, metavar="ID", help="id of the new dataset, 1 to 999")
    arguments.add_argument("-n", required=True, metavar="NAME", help="name of the new dataset")
    arguments.add_argument(
        "-layout",
        choices=LAYOUTS,
        help="how candidates are named (default: found from the files; by_image is never guessed)",
    )
    arguments.add_argument(
        "-labels",
        type=Path,
        metavar="LABELS.JSON",
        help="label names: a JSON object name: value, or a dataset.json (its channel_names are used too); "
        "else those of the candidates' dataset.json, else label_<value>",
    )
    arguments.add_argument(
        "-channels",
        nargs="+",
        default=[],
        metavar="NAME",
        help="name of each channel, by which nnU-Net chooses its normalisation (CT; others are z-scored); default: "
        "those of -labels, else of a dataset.json beside the candidates, else channel_<number>",
    )
    arguments.add_argument(
        "-sources",
        type=Path,
        metavar="SOURCES.JSON",
        help="what each source means by its numbers and annotates (default: its own dataset.json)",
    )
    arguments.add_argument(
        "--all_annotate",
        action="store_true",
        help="each source looked for all labels, even if it never shows one",
    )
    arguments.add_argument("--resample", action="store_true", help="bring candidates onto their image's grid")
    arguments.add_argument(
        ALLOW,
        dest="allow_doubtful",
        action="store_true",
        help="let pass what makes the result doubtful: files that may be candidates and cannot be read, a file with "
        "many values where the other candidates have few, an image with NaN or infinite values",
    )
    arguments.add_argument(
        "--trust_images",
        action="store_true",
        help="do not read the images' voxels; otherwise NaN and infinite values are refused, and a note names images "
        "of one value or mostly of padding",
    )
    add_workers(arguments, "image")
    given = arguments.parse_args()
    name = dataset_name(given.d, given.n)
    folder = require_free(name)
    require_nobody_makes(folder)
    request = PrepareRequest(
        images=given.i,
        candidates=given.l,
        layout=given.layout,
        labels=given.labels,
        channels=given.channels,
        allow_doubtful=given.allow_doubtful,
        sources=given.sources,
        all_annotate=given.all_annotate,
        resample=given.resample,
        workers=workers_of(given),
        trust_images=given.trust_images,
    )
    preparation = check(request, progress)
    write(preparation, folder, progress)
    _print_summary(preparation, folder)


def _print_summary(preparation: Preparation, folder: Path) -> None:
    per_image = span([len(candidates) for candidates in preparation.candidates.values()])
    named = [f"{name} = {value}" for name, value in preparation.names.labels.items()]
    labels = ", ".join([*named[:10], f"… {named[-1]}"] if len(named) > 12 else named)
    rewritten = len(preparation.rewritten)
    if preparation.common.sources:
        for line in table_of(preparation.common.sources):
            print(f"sources     {line}")
    for note in preparation.notes:
        print(f"note        {note}")
    print(f"images      {len(preparation.images.channels)}, referenced where they lie")
    print(f"channels    {', '.join(preparation.channel_names)}")
    print(f"candidates  {len(preparation.cases)}, {per_image} per image, layout {preparation.layout}")
    print(f"labels      {labels} (from {preparation.names_source or 'the values found'})")
    if rewritten:
        print(
            f"rewritten   {rewritten} of {len(preparation.cases)} label maps, to give them their image's file ending, "
            f"its exact geometry and plain integers; the others were copied byte for byte"
        )
    print(f"written     {folder}")
    number = dataset_number(folder.name)
    sizes = [geometry.size for geometry in preparation.geometries.values()]
    thinnest = median(min(size) for size in sizes)  # of one slice, nnU-Net plans 2d alone
    configuration = "2d" if len(sizes[0]) == 2 or thinnest == 1 else "3d_fullres"
    print(
        f"next        ds_plan_and_preprocess -d {number} -c {configuration}\n"
        f"            nnUNetv2_train {number} {configuration} 0 -tr nnUNetTrainerDeepSTAPLE"
    )

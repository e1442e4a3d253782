"""Every kind of dataset, planned and then preprocessed by nnU-Net and by us; a process of its own, for its folders.

nnUNet_raw=… nnUNet_preprocessed=… nnUNet_results=… python -m tests.preprocess.both_ways
"""

import json
from pathlib import Path
from typing import Any

from batchgenerators.utilities.file_and_folder_operations import load_json
from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import DatasetFingerprintExtractor
from nnunetv2.experiment_planning.plan_and_preprocess_api import plan_experiments
from nnunetv2.paths import nnUNet_preprocessed, nnUNet_raw
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from nnunetv2.utilities.utils import get_filenames_of_train_images_and_targets

from nnunet_deepstaple.datasets.nnunet_folders import dataset_number
from nnunet_deepstaple.preprocess import fingerprint
from nnunet_deepstaple.preprocess.run import preprocess

from .raw_kinds import KINDS, SPILLING, write_kind

STOCK = ".stock"
"""What the name of a folder that nnU-Net made ends with."""


def preprocess_both_ways(name: str) -> None:
    raw, folder = Path(nnUNet_raw) / name, Path(nnUNet_preprocessed) / name
    plan(raw, folder)
    kind = KINDS[name]
    add_cascade(folder / "nnUNetPlans.json")
    for labels_in_norm in (True, False) if name == SPILLING else (False,):
        options = {"labels_in_norm": labels_in_norm}
        for summary in preprocess(raw, "nnUNetPlans", kind.configurations, 1, lambda items, *_: items, **options):
            notes = summary.folder.with_name(f"{summary.folder.name}{'_with_labels' if labels_in_norm else ''}.notes")
            notes.write_text("\n".join(summary.notes))
            if labels_in_norm:
                summary.folder.rename(summary.folder.with_name(f"{summary.folder.name}_with_labels"))
    plans = PlansManager(load_json(folder / "nnUNetPlans.json"))
    for configuration in kind.configurations:
        preprocess_as_nnunet(raw, folder, plans, configuration)


class FewSamples(DatasetFingerprintExtractor):
    """nnU-Net's, but for the 100 million intensities that it draws from the smallest dataset, which takes seconds."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.num_foreground_voxels_for_intensitystats = 10_000


def plan(raw: Path, folder: Path) -> None:
    fingerprint.DatasetFingerprintExtractor = FewSamples
    fingerprint.extract_fingerprint(raw, folder, 1, lambda items, *_: items)
    plan_experiments([dataset_number(raw.name)])


def add_cascade(file: Path) -> None:
    """Give plans a coarse configuration and a cascade, which nnU-Net plans for larger images only."""
    plans = json.loads(file.read_text(encoding="utf-8"))
    if "3d_fullres" in plans["configurations"]:
        spacing = [1.7 * size for size in plans["configurations"]["3d_fullres"]["spacing"]]
        plans["configurations"] |= {
            "3d_lowres": {
                "inherits_from": "3d_fullres",
                "data_identifier": "nnUNetPlans_3d_lowres",
                "spacing": spacing,
                "next_stage": "3d_cascade_fullres",
            },
            "3d_cascade_fullres": {"inherits_from": "3d_fullres", "previous_stage": "3d_lowres"},
        }
    file.write_text(json.dumps(plans), encoding="utf-8")


def preprocess_as_nnunet(raw: Path, folder: Path, plans: PlansManager, configuration: str) -> None:
    """What ``DefaultPreprocessor.run`` does, in this process instead of several."""
    settings, dataset_json = plans.get_configuration(configuration), load_json(folder / "dataset.json")
    target = folder / f"{settings.data_identifier}{STOCK}"
    if target.is_dir():  # the cascade uses the folder of 3d_fullres
        return
    target.mkdir()
    preprocessor = settings.preprocessor_class(verbose=False)
    for case, files in get_filenames_of_train_images_and_targets(str(raw), dataset_json).items():
        preprocessor.run_case_save(str(target / case), files["images"], files["label"], plans, settings, dataset_json)


if __name__ == "__main__":
    for dataset in KINDS:
        write_kind(Path(nnUNet_raw), dataset)
        preprocess_both_ways(dataset)

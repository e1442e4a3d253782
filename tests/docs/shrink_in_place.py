"""Shrink the plans of a dataset where they are: ``python -m tests.docs.shrink_in_place 701``."""

import json
import sys

from nnunet_deepstaple.datasets.nnunet_folders import nnunet_folder
from nnunet_deepstaple.datasets.small_plans import PLANS, shrink

path = next(nnunet_folder("nnUNet_preprocessed").glob(f"Dataset{sys.argv[1]}_*/{PLANS}.json"))
plans = json.loads(path.read_text(encoding="utf-8"))
shrink(plans, "3d_fullres", features=(4, 8, 8), patch=None, batch=2)
path.write_text(json.dumps(plans | {"plans_name": PLANS}), encoding="utf-8")

"""The rules by name."""

from .rule import Rule
from .simple import simple
from .staple import staple
from .weighted import leave_one_out, majority, spectral, weighted

WEIGHTED, STAPLE, SPECTRAL = "weighted", "staple", "spectral"

LABEL_ONLY = SPECTRAL
"""The rule where there are no scores (docs/results.md)."""

RULES: dict[str, Rule] = {
    WEIGHTED: weighted,
    SPECTRAL: spectral,
    "leave_one_out": leave_one_out,
    "majority": majority,
    STAPLE: staple,
    "simple": simple,
}

JOINT = "joint"
"""Not a rule over patterns: by their images, atlases have other weights in each voxel (:mod:`~..weights.joint`)."""

NAMES = (*RULES, JOINT)
"""All rules that a user may name."""

DECISIONS = ("argmax", "dice")
"""How shares become labels: by the largest share, or by expected Dice (:mod:`~..decision.expected_dice`)."""

SMOOTHED = (WEIGHTED, SPECTRAL, "leave_one_out")
"""Rules whose shares are smoothed unless the user says otherwise; the other rules follow their papers exactly."""

"""The rules by name."""

from .consensus import Rule
from .majority import majority
from .simple import simple
from .staple import staple
from .weighted import weighted

WEIGHTED, STAPLE = "weighted", "staple"

RULES: dict[str, Rule] = {WEIGHTED: weighted, "majority": majority, STAPLE: staple, "simple": simple}

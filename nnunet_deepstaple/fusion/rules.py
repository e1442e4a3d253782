"""The rules by name."""

from ..errors import InputError
from .consensus import Rule
from .majority import majority
from .simple import simple
from .staple import staple
from .weighted import weighted

RULES: dict[str, Rule] = {"weighted": weighted, "majority": majority, "staple": staple, "simple": simple}


def rule_named(name: str) -> Rule:
    """Rule of that name.

    Raises:
        InputError: there is none.
    """
    try:
        return RULES[name]
    except KeyError:
        raise InputError(f"-rule {name} is not known; choose one of {', '.join(RULES)}") from None

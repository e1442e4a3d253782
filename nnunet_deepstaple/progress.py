"""How the package shows that long work goes on; who calls it decides what is shown."""

from collections.abc import Callable, Iterable
from typing import Any

Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""Wraps an iterable, its title and its length, and shows how far it is."""


def no_progress(items: Iterable[Any], *_: object) -> Iterable[Any]:
    """Show nothing."""
    return items

"""A function over many items: here, in several processes, or on the workers of a Dask cluster."""

import os
from collections.abc import Callable, Generator, Mapping
from typing import TypeVar

from .errors import RunError

Item = TypeVar("Item")
Result = TypeVar("Result")

Workers = int | str
"""Who does the work: so many processes of this machine, or the address of a running Dask scheduler."""


def available_processors() -> int:
    """Processors that this process may use, at most 8."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, 8)


def each(
    function: Callable[[Item], Result], items: Mapping[str, Item], workers: Workers
) -> Generator[tuple[str, Result], None, None]:
    """Call ``function`` with each item and give the results as they come.

    Whoever does the work, each result is the same. All folder-wide work goes through here.

    Args:
        function: what to call. With several processes or on a cluster, it and the items must be picklable. If a Dask
            worker dies, another one calls it with the same item again, so calling it twice must do no harm.
        items: the items by name.
        workers: how many processes (1 works in this one), or the address of a Dask scheduler.

    Yields:
        Name and result of each item, in the order in which they are done.

    Raises:
        InputError: ``function`` raised it, or there is no Dask scheduler at the address.
        RunError: a process died (on a cluster: all that tried the same item), or ``function`` raised anything else in
            it; the message names the item.
    """
    if isinstance(workers, str):
        from .cluster import each_on_cluster  # noqa: PLC0415 (few have one, and Dask takes long to import)

        yield from each_on_cluster(function, items, workers)
        return
    if min(workers, len(items)) <= 1:
        for name, item in items.items():
            try:
                yield name, function(item)
            except MemoryError as error:
                raise RunError(f"memory ran out at '{name}'; it needs a machine with more") from error
        return
    from .process_pool import each_in_processes  # noqa: PLC0415 (as above: one image needs one process)

    yield from each_in_processes(function, items, min(workers, len(items)))

"""A function over many items: here, in several processes, or on the workers of a Dask cluster."""

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import TypeVar, cast

from .errors import InputError, RunError

Item = TypeVar("Item")
Result = TypeVar("Result")

Workers = int | str
"""Who does the work: so many processes of this machine, or the address of a running Dask scheduler."""

_PATIENCE = 60
"""Seconds that the other processes get to end their item when a run breaks off."""


def available_processors() -> int:
    """Processors that this process may use, at most 8."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, 8)


def each(
    function: Callable[[Item], Result], items: Mapping[str, Item], workers: Workers
) -> Iterator[tuple[str, Result]]:
    """Call ``function`` with each item and give the results as they come.

    Whoever does the work, each result is the same. All folder-wide work goes through here.

    Args:
        function: what to call; but for one process it and the items must be picklable. A Dask worker that dies while it
            works on an item has it done again by another, so calling it twice must do no harm.
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
    # A server that has imported the function's module forks clean workers; forking this process, threads and open
    # pipes and all, would be no quicker and could lock up.
    context: ForkServerContext | SpawnContext = multiprocessing.get_context("spawn")
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([getattr(function, "func", function).__module__])  # func: of a partial
    waiting = iter(items.items())
    pool = [_Worker(context, function) for _ in range(min(workers, len(items)))]
    try:
        busy = {worker.connection: worker for worker in pool if worker.give(next(waiting, None))}
        while busy:
            for connection in wait(list(busy)):
                connection = cast(Connection, connection)  # of another class, with the same methods, on Windows
                worker = busy[connection]
                result: tuple[str, Result] = worker.take()
                if not worker.give(next(waiting, None)):
                    del busy[connection]
                yield result
    finally:
        for worker in pool:
            worker.connection.close()
        for worker in pool:
            worker.process.join(_PATIENCE)
            worker.process.kill()
            worker.process.join()


class _Worker:
    """One process, and the name of the item it works on."""

    def __init__(self, context: ForkServerContext | SpawnContext, function: Callable[[Item], Result]) -> None:
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, function), daemon=True)
        self.process.start()
        theirs.close()
        self.name = ""

    def give(self, item: "tuple[str, Item] | None") -> bool:
        """Start on an item; False if there is none."""
        if item is None:
            return False
        self.name, argument = item
        try:
            self.connection.send(argument)
        except OSError:
            raise self._died() from None
        return True

    def take(self) -> "tuple[str, Result]":
        """Name and result of the item that was given."""
        try:
            succeeded, answer = self.connection.recv()
        except (EOFError, OSError):
            raise self._died() from None
        if succeeded:
            return self.name, answer
        if isinstance(answer, InputError):
            raise answer
        raise RunError(f"'{self.name}' failed in its process:\n{answer}")

    def _died(self) -> RunError:
        self.process.join(_PATIENCE)
        code = self.process.exitcode or 0
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        return RunError(
            f"the process at work on '{self.name}' {how}; if memory ran out, take fewer processes with -np, "
            f"and go on with --continue"
        )


def _serve(connection: Connection, function: Callable[[Item], Result]) -> None:
    """Answer each item until the other end closes, which it also does by dying."""
    while True:
        try:
            item = connection.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        try:
            answer: tuple[bool, object] = True, function(item)
        except KeyboardInterrupt:
            return
        except InputError as error:
            answer = False, error
        except Exception:
            answer = False, traceback.format_exc()
        try:
            connection.send(answer)
        except OSError:
            return

"""A function over many items in several processes of this machine."""

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Generator, Mapping
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import TypeVar, cast

from .errors import InputError, RunError, Terminated

Item = TypeVar("Item")
Result = TypeVar("Result")

_PATIENCE = 60
"""Seconds that the other processes get to end their item when a run breaks off."""

_HASTE = 15
"""Seconds that they get when the run is interrupted or terminated."""

_SOCKET = 70
"""Letters of the folder for temporary files from which on a socket in it would have no name."""

_UNGUARDED = 96
"""Exit status of a worker that would have begun the run again."""


def each_in_processes(
    function: Callable[[Item], Result], items: Mapping[str, Item], count: int
) -> Generator[tuple[str, Result], None, None]:
    """Do :func:`.processes.each` in so many processes, which live until all items are done."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        os._exit(_UNGUARDED)  # this worker has run the calling script, which has no guard
    waiting = iter(items.items())
    pool: list[_Worker] = []
    broken = True
    try:
        _start(pool, count, function, items)
        busy = {worker.connection: worker for worker in pool if worker.give(next(waiting, None))}
        while busy:
            for connection in wait(list(busy)):
                connection = cast(Connection, connection)  # of another class, with the same methods, on Windows
                worker = busy[connection]
                result: tuple[str, Result] = worker.take()
                if not worker.give(next(waiting, None)):
                    del busy[connection]
                yield result
        broken = False
    except (InputError, RunError, GeneratorExit):
        broken = False
        raise
    finally:
        for worker in pool:
            worker.connection.close()
        for worker in pool:
            worker.end(at_once=broken)


def _start(pool: "list[_Worker]", count: int, function: Callable[[Item], Result], items: Mapping[str, Item]) -> None:
    """Start so many workers, which the interrupt key does not reach: this process ends them.

    A server that has imported the function's module forks clean workers. To fork this process, with its threads and
    open pipes, would not be quicker and could lock up. The workers import the calling script only if something that it
    defines itself is sent to them. So other scripts work without ``if __name__ == "__main__":``.
    """
    context: ForkServerContext | SpawnContext = multiprocessing.get_context("spawn")
    if "forkserver" in multiprocessing.get_all_start_methods() and len(tempfile.gettempdir()) <= _SOCKET:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([getattr(function, "func", function).__module__])  # func: of a partial
    main = sys.modules["__main__"]
    own = b"__main__" in pickle.dumps((function, next(iter(items.values()))))
    hidden = {} if own else {name: value for name in ("__spec__", "__file__") if (value := getattr(main, name, None))}
    if os.name == "posix":
        resource_tracker.ensure_running()  # its start would let the key through again
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        for name in hidden:
            setattr(main, name, None)
        for _ in range(count):
            pool.append(_Worker(context, function))
    finally:
        for name, value in hidden.items():
            setattr(main, name, value)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class _Worker:
    """One process, and the name of the item it works on."""

    def __init__(self, context: ForkServerContext | SpawnContext, function: Callable[[Item], Result]) -> None:
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, function), daemon=True)
        self.process.start()
        theirs.close()
        self.name = ""

    def end(self, *, at_once: bool) -> None:
        """Wait for the process to end, after the item that it is at, or make it clean up and leave."""
        if at_once:
            self.process.terminate()
        self.process.join(_HASTE if at_once else _PATIENCE)
        self.process.kill()
        self.process.join()

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
        if code == _UNGUARDED:
            return RunError("the workers ran the calling script again; it needs 'if __name__ == \"__main__\":'")
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        return RunError(
            f"the process at work on '{self.name}' {how}; if memory ran out, take fewer processes with -np, "
            f"and go on with --continue"
        )


def _leave(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: what comes now would disturb the cleaning up
    raise Terminated


def _serve(connection: Connection, function: Callable[[Item], Result]) -> None:
    """Answer each item until the other end closes, which it also does by dying, or until this process is to end."""
    with contextlib.suppress(Terminated):
        signal.signal(signal.SIGTERM, _leave)
        while _answered(connection, function):
            pass
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # after this block, nothing would catch what it raises


def _answered(connection: Connection, function: Callable[[Item], Result]) -> bool:
    """Answer one item; False where nobody asks any more."""
    try:
        item = connection.recv()
    except (EOFError, OSError):
        return False
    try:
        answer: tuple[bool, object] = True, function(item)
    except InputError as error:
        answer = False, error
    except Exception:
        answer = False, traceback.format_exc()
    try:
        connection.send(answer)
    except OSError:
        return False
    return True

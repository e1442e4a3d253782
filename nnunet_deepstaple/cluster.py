"""A function over many items on the workers of a Dask cluster, which SLURM, Kubernetes or SSH may have started.

The workers need this package and the same paths to the files.
"""

import os
import platform
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from .errors import InputError, RunError

Item = TypeVar("Item")
Result = TypeVar("Result")

_CONNECTING = 10
"""Seconds that the scheduler gets to answer."""

_ONE_AT_A_TIME = threading.Lock()
"""A worker may have several threads, but the readers of files share buffers and ITK's stderr in a process."""


def each_on_cluster(
    function: Callable[[Item], Result], items: Mapping[str, Item], address: str
) -> Iterator[tuple[str, Result]]:
    """Do :func:`.processes.each` on the workers of the Dask scheduler at ``address``.

    Relative paths mean there what they mean here: a worker changes into the folder of this process for each item.
    An item whose worker dies goes to another one, until Dask gives it up (``distributed.scheduler.allowed-failures``).
    If an item fails, or nobody listens any more, the other items are cancelled.
    """
    try:
        import distributed  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise InputError(f"-dask needs dask.distributed ({error}); pip install 'nnunet-deepstaple[dask]'") from error
    try:
        distributed.comm.get_address_host_port(address)  # a client of an address that is none waits long for its end
    except ValueError as error:
        raise InputError(
            f"-dask {address} is no address ({error}); give that of a running scheduler, such as tcp://node1:8786"
        ) from error
    try:
        client = distributed.Client(address, timeout=_CONNECTING, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at -dask {address}; start one with 'dask scheduler' and workers with "
            f"'dask worker {address}', or use -np"
        ) from error
    with client:
        names: dict[Any, str] = {}
        try:
            for name, item in items.items():
                names[client.submit(_Task(function, Path.cwd()), item, pure=False)] = name
            for future in distributed.as_completed(names, loop=client.loop):
                yield names[future], _result(future, names[future])
                future.release()
        finally:
            client.cancel(list(names), force=True)


def _result(future: Any, name: str) -> Any:
    error = future.exception()
    if error is None:
        succeeded, answer = future.result()
        if succeeded:
            return answer
        raise RunError(f"'{name}' failed on its worker:\n{answer}")
    if isinstance(error, InputError):
        raise error
    if type(error).__name__ == "KilledWorker":
        raise RunError(
            f"every worker that was at work on '{name}' died; if memory ran out, give the workers more, and go on with "
            f"--continue"
        ) from error
    raise RunError(f"'{name}' could not be done on the cluster ({type(error).__name__}: {error})") from error


@dataclass(frozen=True)
class _Task(Generic[Item, Result]):
    """A call in a folder. Its errors come back as text, because this process may not know a worker's exceptions."""

    function: Callable[[Item], Result]
    folder: Path

    def __call__(self, item: Item) -> tuple[bool, object]:
        with _ONE_AT_A_TIME, _working_in(self.folder):
            try:
                return True, self.function(item)
            except InputError:
                raise
            except Exception:
                return False, traceback.format_exc()


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    """Make a folder the current one for a while."""
    before = Path.cwd()
    try:
        os.chdir(folder)
    except OSError as error:
        raise InputError(
            f"the Dask worker on {platform.node()} cannot enter {folder} ({error.strerror}); start workers where the "
            f"same paths are, or run this command in a folder that they have"
        ) from error
    try:
        yield
    finally:
        os.chdir(before)

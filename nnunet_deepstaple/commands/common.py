"""What every command shares: its parser and its exit status."""

import argparse
import io
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn, TypeVar, cast

from tqdm import tqdm

from ..errors import InputError, RunError
from ..processes import Workers, available_processors

T = TypeVar("T")


def parser(command: str, description: str, examples: str) -> argparse.ArgumentParser:
    """Parser with nnU-Net's habits: single dash for values, double dash for switches, examples below."""
    return argparse.ArgumentParser(
        prog=command,
        description=description,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_workers(arguments: argparse.ArgumentParser, of: str) -> None:
    """Add ``-np`` and ``-dask``, of which one says who works on each ``of``; :func:`workers_of` reads them."""
    who = arguments.add_mutually_exclusive_group()
    who.add_argument(
        "-np",
        type=int,
        default=available_processors(),
        metavar="N",
        help=f"processes, each of which works on one {of} (default: the processors, at most 8)",
    )
    who.add_argument(
        "-dask",
        metavar="ADDRESS",
        help=f"a running Dask scheduler, such as tcp://node1:8786, whose workers each take one {of} at a time; they "
        "need this package and the same paths (pip install 'nnunet-deepstaple[dask]')",
    )


def workers_of(given: argparse.Namespace) -> Workers:
    """Who is to do the work."""
    return cast(Workers, given.np if given.dask is None else given.dask)


def run(command: Callable[[], None]) -> NoReturn:
    """Run a command and exit: 0 when all is done, 2 or 1 with one line on stderr when it cannot be.

    Letters that the terminal or pipe cannot show, such as θ in an 8-bit code page, are printed as question marks.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        command()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except RunError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    sys.exit(0)


def progress(items: Iterable[T], title: str, total: int | None = None) -> Iterable[T]:
    """Show how far an iteration over ``items`` is, where stderr is a terminal; ``total`` if they have no length."""
    return cast(Iterable[T], tqdm(items, title, total, leave=False, disable=None))

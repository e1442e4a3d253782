"""What every command shares: its parser and its exit status."""

import argparse
import io
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, TypeVar, cast

from tqdm import tqdm

from ..errors import InputError, RunError
from ..processes import Workers, available_processors

T = TypeVar("T")


class Parser(argparse.ArgumentParser):
    """Parser whose ``--help`` fits a screen: options for experiments are shown by ``--help_tuning``."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **settings)
        self._tuning: argparse._ArgumentGroup | None = None

    def tuning(self) -> argparse._ArgumentGroup:
        """The group of options that few need."""
        self.add_argument("--help_tuning", action=_HelpTuning, help="show the options for experiments too, and exit")
        self._tuning = self.add_argument_group("tuning", "for experiments; docs/results.md argues for the defaults")
        return self._tuning

    def format_help(self) -> str:
        """Help without the options for experiments."""
        shown = self._action_groups
        self._action_groups = [group for group in shown if group is not self._tuning]
        try:
            return super().format_help()
        finally:
            self._action_groups = shown

    def format_full_help(self) -> str:
        """Help with all options."""
        return super().format_help()


class _HelpTuning(argparse.Action):
    def __init__(self, option_strings: Sequence[str], **settings: Any) -> None:
        super().__init__(option_strings, nargs=0, default=argparse.SUPPRESS, **settings)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        print(cast(Parser, parser).format_full_help(), end="")
        parser.exit()


def parser(command: str, description: str, examples: str, usage: str | None = None) -> Parser:
    """Parser with nnU-Net's habits: single dash for values, double dash for switches, examples below.

    Args:
        command: its name.
        description: what it does.
        examples: lines to try.
        usage: instead of a line of all options.
    """
    return Parser(prog=command, usage=usage, description=description, epilog=f"examples:\n{examples}")


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


def add_parts(arguments: argparse.ArgumentParser) -> None:
    """Add the options of a job array."""
    arguments.add_argument(
        "-num_parts", type=int, default=1, metavar="N", help="share the images among N runs, as nnUNetv2_predict does"
    )
    arguments.add_argument("-part_id", type=int, default=0, metavar="I", help="which of them this is, from 0 on")


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

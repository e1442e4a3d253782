"""What every command shares: its parser and its exit status."""

import argparse
import errno
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

from ..errors import InputError, RunError, Terminated
from ..files.unreadable import unreadable
from ..processes import Workers, available_processors
from .streams import Printed, open_streams

T = TypeVar("T")


class Parser(argparse.ArgumentParser):
    """Parser whose ``--help`` fits a screen: options for experiments are shown by ``--help_tuning``."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **settings)
        self._tuning: argparse._ArgumentGroup | None = None

    def tuning(self) -> argparse._ArgumentGroup:
        """The group of options that few need."""
        self.add_argument("--help_tuning", action=_HelpTuning, help="show all options, and exit")
        self._tuning = self.add_argument_group("more options", "docs/results.md argues for the defaults")
        return self._tuning

    def format_help(self) -> str:
        """Help without the options for experiments."""
        shown = self._action_groups
        self._action_groups = [group for group in shown if group is not self._tuning]
        try:
            return super().format_help()
        finally:
            self._action_groups = shown

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong in one line, as for all wrong input, and exit."""
        self.exit(2, f"error: {message}; {self.prog} --help shows what can be given\n")

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


def add_candidates(arguments: argparse._ActionsContainer, option: str, dest: str) -> None:
    """Add the option that names the folders of candidates, each by itself or several by a list."""
    arguments.add_argument(
        option,
        dest=dest,
        required=True,
        type=Path,
        nargs="+",
        action=_Folders,
        metavar="CANDIDATES",
        help="folder(s) of candidates, or a .txt that lists them",
    )


class _Folders(argparse.Action):
    """Put the folders that a text file lists in its place, one on each line, as ``ds_rank --top`` writes it."""

    def __call__(self, _: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *__: object) -> None:
        found = [folder for path in values for folder in (_listed(path) if _is_list(path) else [path])]
        setattr(namespace, self.dest, found)


def _is_list(path: Path) -> bool:
    return path.suffix.lower() == ".txt" and path.is_file()


def _listed(path: Path) -> list[Path]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not written in UTF-8 (byte {error.start}); save it in UTF-8") from error
    folders = [Path(line) for line in lines if line.strip()]
    if not folders:
        raise InputError(f"{path} lists no folder; write one on each line")
    return folders


def add_workers(arguments: argparse.ArgumentParser, of: str) -> None:
    """Add ``-np`` and ``-dask``, which say who works on each ``of``; :func:`workers_of` reads them."""
    who = arguments.add_mutually_exclusive_group()
    who.add_argument(
        "-np",
        type=int,
        default=available_processors(),
        metavar="N",
        help=f"number of processes; each works on one {of} at a time (default: the processors, at most 8)",
    )
    who.add_argument(
        "-dask",
        metavar="ADDRESS",
        help=f"a running Dask scheduler, such as tcp://node1:8786, whose workers each take one {of} at a time; they "
        "need this package and the same paths (pip install 'nnunet-deepstaple[dask]')",
    )


def add_parts(arguments: argparse._ActionsContainer) -> None:
    """Add the options of a job array."""
    arguments.add_argument(
        "-num_parts", type=int, default=1, metavar="N", help="share the images among N runs, as nnUNetv2_predict does"
    )
    arguments.add_argument("-part_id", type=int, default=0, metavar="I", help="which of them this is, from 0 on")


def workers_of(given: argparse.Namespace) -> Workers:
    """Who is to do the work."""
    return cast(Workers, given.np if given.dask is None else given.dask)


def run(command: Callable[[], None]) -> NoReturn:
    """Run a command and exit.

    The exit status is 0 when all is done. It is 2 for wrong input and 1 for other failures, with one line on stderr; 1
    also if what the command printed was lost. It is 130 or 143 if the command was interrupted or terminated; it then
    cleans up first.
    """
    standing = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGTERM: signal.signal(signal.SIGTERM, _terminate),
    }
    streams = sys.stdout, sys.stderr
    printed = open_streams()
    try:
        sys.exit(_status(command, printed))
    finally:
        sys.stdout, sys.stderr = streams
        for number, handler in standing.items():
            signal.signal(number, handler)


def _status(command: Callable[[], None], printed: Printed) -> int:
    try:
        if "" in sys.argv[1:]:
            raise InputError("an option has an empty value; is a variable of the shell not set?")
        command()
        printed.flush()
        if printed.lost:
            raise RunError(f"all is done, but what is printed here could not be written ({printed.lost})")
    except (InputError, RunError, MemoryError, OSError, KeyboardInterrupt, Terminated) as error:
        return _say(*_told(error))
    return 0


def _told(error: BaseException) -> tuple[str, int]:
    """The line about what ended a command, and the exit status; any other error of the system is raised again."""
    match error:
        case InputError():
            told = f"error: {error}", 2
        case RunError():
            told = f"error: {error}", 1
        case MemoryError():
            told = "error: memory ran out; it needs a machine with more", 1
        case OSError() if error.errno == errno.ENAMETOOLONG:
            told = f"error: {str(error.filename)[:80]}… is too long for the name of a file; choose a shorter one", 2
        case KeyboardInterrupt():
            told = "interrupted", 130
        case Terminated():
            told = "terminated", 143
        case _:
            raise error
    return told


def _say(line: str, status: int) -> int:
    print(line, file=sys.stderr)
    return status


def _terminate(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    raise Terminated


def progress(items: Iterable[T], title: str, total: int | None = None) -> Iterable[T]:
    """Show how far an iteration over ``items`` is, where stderr is a terminal; ``total`` if they have no length."""
    if not sys.stderr.isatty():
        return items
    from tqdm import tqdm  # noqa: PLC0415 (a bar costs 15 ms before it is seen)

    return cast(Iterable[T], tqdm(items, title, total, leave=False))

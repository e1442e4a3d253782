"""One tidy table for all results: one measured number a row.

``evidence/results.csv.gz`` holds them. Rows that an experiment has made since lie in ``evidence/new/<experiment>.csv``,
plain text, so that two branches that add rows do not meet in one file; :func:`fold` moves them into the table. Whoever
reads sees both, and a new row takes the place of an old one with the same name.

    from scripts.evidence.rows import add_rows
    add_rows("all_rules", [{"set": "given", "way": "majority", "Dice": 0.71321, "volume": 0.7056}], ways=["way"])
"""

import argparse
import csv
import gzip
import io
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from decimal import Decimal, InvalidOperation
from math import isnan
from pathlib import Path

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.atomic import atomic_path, write_text

EVIDENCE = Path(__file__).resolve().parents[2] / "evidence"
RESULTS = EVIDENCE / "results.csv.gz"
NEW = EVIDENCE / "new"

Value = str | int | float
Row = Mapping[str, Value]


@dataclass(frozen=True)
class Name:
    """What was measured; no two rows have the same.

    Attributes:
        experiment: which experiment measured it.
        set: the images and candidates, such as "given".
        image: the image; empty for a number over all images.
        way: what was compared, such as "rule=SIMPLE" or "score=agreement; pass=second pass".
        seed: of the training; empty for none, or for a number over several.
        metric: such as "Dice".
    """

    experiment: str
    set: str
    image: str
    way: str
    seed: str
    metric: str

    @property
    def ways(self) -> dict[str, str]:
        """What was compared, by the names of its parts."""
        return dict(part.split("=", 1) for part in self.way.split("; ")) if self.way else {}


@dataclass(frozen=True)
class Measured:
    """A number as the file has it, so that reading and writing change no digit; and the command that made it."""

    value: str
    command: str

    @property
    def number(self) -> Value:
        """The number; or the text of what is none, such as the name of a rule that was chosen."""
        for kind in (int, float):
            try:
                return kind(self.value)
            except ValueError:
                continue
        return self.value


Evidence = dict[Name, Measured]

_NAMES = [field.name for field in fields(Name)]
COLUMNS = [*_NAMES, *(field.name for field in fields(Measured))]
_OWN = ("set", "image", "seed")


def add_rows(
    experiment: str, rows: Iterable[Row], ways: Sequence[str] = (), command: str | None = None, folder: Path = NEW
) -> None:
    """Add measured numbers to ``<folder>/<experiment>.csv``; a number that was there by its name is replaced.

    Args:
        experiment: its name.
        rows: of a table; the columns "set", "image" and "seed" mean what :class:`Name` says, those in ``ways`` what was
            compared, and each other column is a metric. A missing number (NaN or "") is left out.
        ways: columns that say what was compared.
        command: that made them, as a reader would type it; that of this process if not given.
        folder: of the new rows.

    Raises:
        InputError: the file is there and is no table of results.
    """
    path = folder / f"{experiment}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    known = _read(path) if path.is_file() else {}
    write_text(path, _text(known | named(experiment, rows, ways, command or this_command())))
    print(f"written     {path}")


def add_output_option(arguments: argparse.ArgumentParser) -> None:
    """Add ``-o``, the folder of the new rows."""
    arguments.add_argument("-o", type=Path, default=NEW, metavar="FOLDER", help="for the rows (evidence/new)")


def add_set_name(arguments: argparse.ArgumentParser) -> None:
    """Add ``-set``, the name of the images and candidates in the table."""
    arguments.add_argument("-set", default="given", metavar="NAME", help="of images and candidates in rows (given)")


def named(experiment: str, rows: Iterable[Row], ways: Sequence[str], command: str) -> Evidence:
    """The rows of a table, one for each number."""
    found: Evidence = {}
    for row in rows:
        where = {name: str(row.get(name, "")) for name in _OWN}
        way = "; ".join(f"{name}={row[name]}" for name in ways if row.get(name, "") != "")
        for metric, value in row.items():
            if metric not in (*_OWN, *ways) and value != "" and not (isinstance(value, float) and isnan(value)):
                found[Name(experiment, way=way, metric=metric, **where)] = Measured(_exact(value), command)
    return found


def read_rows(folder: Path) -> Evidence:
    """The new rows of a folder, as they are.

    Raises:
        InputError: a file is no table of results.
    """
    found: Evidence = {}
    for path in sorted(folder.glob("*.csv")):
        found |= _read(path)
    return found


def read_evidence(folder: Path = NEW) -> Evidence:
    """Every number: the table's, then the new ones.

    Args:
        folder: of the new rows.

    Raises:
        InputError: a file is no table of results.
    """
    return (_read(RESULTS) if RESULTS.is_file() else {}) | read_rows(folder)


def tables(evidence: Evidence, experiment: str) -> dict[str, list[Row]]:
    """The numbers over all images of an experiment by set: a row for each way and seed, a column for each metric."""
    found: dict[str, dict[tuple[str, str], dict[str, Value]]] = {}
    for name, measured in evidence.items():
        if name.experiment == experiment and not name.image:
            rows = found.setdefault(name.set, {})
            row = rows.setdefault((name.way, name.seed), {**name.ways, **_seed(name)})
            row[name.metric] = measured.number
    return {which: list(rows.values()) for which, rows in found.items()}


def means_by_seed(evidence: Evidence, experiment: str) -> dict[str, list[Row]]:
    """The means over the images of each training by set: a row for each way and seed, a column for each metric."""
    found: dict[str, dict[tuple[str, str], dict[str, list[float]]]] = {}
    names: dict[tuple[str, str], Row] = {}
    for name, measured in evidence.items():
        if name.experiment == experiment and name.image and name.seed:
            row = found.setdefault(name.set, {}).setdefault((name.way, name.seed), {})
            row.setdefault(name.metric, []).append(float(measured.value))
            names[name.way, name.seed] = {**name.ways, **_seed(name)}
    return {
        which: [
            {
                **names[key],
                "images": max(map(len, metrics.values())),
                **{metric: sum(values) / len(values) for metric, values in metrics.items()},
            }
            for key, metrics in rows.items()
        ]
        for which, rows in found.items()
    }


def experiments(evidence: Evidence) -> list[str]:
    """Names of all experiments, sorted."""
    return sorted({name.experiment for name in evidence})


def differences(evidence: Evidence, others: Evidence) -> dict[Name, tuple[str, str | None]]:
    """Numbers of ``evidence`` that ``others`` have otherwise, or not (None), as precisely as they have them."""
    beside = {name: others[name].value if name in others else None for name in evidence}
    return {
        name: (one.value, beside[name])
        for name, one in evidence.items()
        if beside[name] is None or not _same(one.value, str(beside[name]))
    }


def _same(value: str, recorded: str) -> bool:
    """Whether a number is that which was recorded, in the digits that were recorded."""
    try:
        number, digits = Decimal(recorded), Decimal(value)
    except InvalidOperation:
        return value == recorded
    unit = Decimal(1).scaleb(int(number.as_tuple().exponent))
    return abs(number - digits) <= max(unit * Decimal("0.501"), abs(number) * Decimal("1e-9"))


def fold(folder: Path = NEW) -> int:
    """Move the new rows of a folder into the table and tell how many there were."""
    number = len(read_rows(folder))
    write_results(read_evidence(folder))
    for path in folder.glob("*.csv"):
        path.unlink()
    return number


def write_results(evidence: Evidence) -> None:
    """Write the table; the same numbers make the same bytes."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    order = sorted(evidence, key=lambda name: name.experiment)  # stable: an experiment's own order stays
    with atomic_path(RESULTS) as temporary:
        temporary.write_bytes(gzip.compress(_text({name: evidence[name] for name in order}).encode(), mtime=0))


def this_command() -> str:
    """How this process was called, without the folders of this machine."""
    module = getattr(sys.modules["__main__"].__spec__, "name", None)
    words = [Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]]
    return shlex.join(["python", "-m", module, *words] if module else [Path(sys.argv[0]).name, *words])


def _seed(name: Name) -> dict[str, Value]:
    return {"seed": name.seed} if name.seed else {}


def _exact(value: Value) -> str:
    return repr(float(value)) if isinstance(value, float) else str(value)


def _read(path: Path) -> Evidence:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    lines = csv.reader(io.StringIO(text, newline=""))
    if next(lines, None) != COLUMNS:
        raise InputError(f"{path} is no table of results; its first line is to be {','.join(COLUMNS)}")
    return dict(_parsed(lines, path))


def _parsed(lines: Iterator[list[str]], path: Path) -> Iterator[tuple[Name, Measured]]:
    for number, line in enumerate(lines, start=2):
        if len(line) != len(COLUMNS):
            raise InputError(f"{path}, line {number}, has {len(line)} columns instead of {len(COLUMNS)}")
        yield Name(*line[: len(_NAMES)]), Measured(*line[len(_NAMES) :])


def _text(evidence: Evidence) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([*astuple(name), *astuple(measured)] for name, measured in evidence.items())
    return text.getvalue()

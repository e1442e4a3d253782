"""The pages of the evidence: one for each experiment, with a table and a figure for each set.

The documentation makes them when it is built (``docs/conf.py``), in a folder that Git ignores.
"""

from collections.abc import Sequence
from pathlib import Path

from nnunet_deepstaple.files.atomic import write_text

from .figures import OF_A_SET, OF_ALL_SETS
from .rows import Evidence, Row, Value, experiments, means_by_seed, tables


def write_pages(evidence: Evidence, folder: Path) -> None:
    """Write ``<experiment>.md`` for every experiment, and its figures beside it; what is unchanged stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {path for name in experiments(evidence) for path in _write_page(evidence, name, folder)}
    for path in {*folder.glob("*.md"), *folder.glob("*.png")} - written:
        path.unlink(missing_ok=True)


def markdown(rows: Sequence[Row]) -> str:
    """A Markdown table; the columns are those of all rows, in the order they appear."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, ["---"] * len(columns)]
    lines += [[shown(row[name]) if name in row else "" for name in columns] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def shown(value: Value) -> str:
    """A number as people read it: four decimals, or two digits of what would be lost among them."""
    if not isinstance(value, float):
        return str(value).replace("|", "\\|")
    return f"{value:.1e}" if 0 < abs(value) < 0.001 else f"{value:.4f}"


def _write_page(evidence: Evidence, experiment: str, folder: Path) -> list[Path]:
    by_set, means = tables(evidence, experiment), means_by_seed(evidence, experiment)
    commands = dict.fromkeys(one.command for name, one in evidence.items() if name.experiment == experiment)
    lines = ["---", "orphan: true", "---", "", f"# {experiment.replace('_', ' ').capitalize()}", ""]
    lines += [*(f"    {command}" for command in commands), ""]
    files = []
    if experiment in OF_ALL_SETS:
        everything = [{"set": which, **row} for which, rows in by_set.items() for row in rows]
        files.append(folder / f"{experiment}.png")
        OF_ALL_SETS[experiment](everything, files[-1])
        lines += [f"![{experiment}]({files[-1].name})", ""]
    for which in dict.fromkeys([*by_set, *means]):
        lines += [f"## {which}", ""] if which else []
        if experiment in OF_A_SET and by_set.get(which):
            files.append(folder / f"{experiment}_{which.replace(' ', '_')}.png")
            OF_A_SET[experiment](by_set[which], files[-1])
            lines += [f"![{experiment}, {which}]({files[-1].name})", ""]
        if by_set.get(which):
            lines += [markdown(by_set[which])]
        if means.get(which):
            lines += ["Means over the images, by seed:", "", markdown(means[which])]
    page = folder / f"{experiment}.md"
    text = "\n".join(lines).rstrip("\n") + "\n"
    if not page.is_file() or page.read_text(encoding="utf-8") != text:
        write_text(page, text)
    return [page, *files]

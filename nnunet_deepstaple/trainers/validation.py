"""nnU-Net's final validation, over what each case annotates."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..files.atomic import write_text
from ..files.json_files import read_json_object


def count_annotated(
    summary: Path, ending: str, labels: Sequence[str], told: Callable[[str], Sequence[bool] | None]
) -> float:
    """Leave the labels that a case does not annotate out of nnU-Net's ``summary.json``, and compute its means again.

    Args:
        summary: the file; it is written again.
        ending: of the label maps that it names.
        labels: the C foreground labels or regions, as the file names them.
        told: whether a case tells each of them from all others, shape (C,); None for all.

    Returns:
        The new mean Dice of the foreground; NaN where no case annotates anything of it.
    """
    content = read_json_object(summary)
    for one in content["metric_per_case"]:
        tells = told(Path(one["reference_file"]).name.removesuffix(ending))
        if tells is not None:
            kept = {label for label, annotated in zip(labels, tells, strict=True) if annotated}
            one["metrics"] = {label: values for label, values in one["metrics"].items() if label in kept}
    cases = [one["metrics"] for one in content["metric_per_case"]]
    content["mean"] = {
        label: {name: _mean(case[label][name] for case in cases if label in case) for name in values}
        for label, values in content["mean"].items()
    }
    content["foreground_mean"] = {
        name: _mean(content["mean"][label][name] for label in labels) for name in content["foreground_mean"]
    }
    write_text(summary, json.dumps(content, indent=4, sort_keys=True))
    return float(content["foreground_mean"]["Dice"])


def _mean(values: Iterable[float]) -> float:
    """Mean of the numbers among some values; NaN for none."""
    numbers = [value for value in values if not math.isnan(value)]
    return math.fsum(numbers) / len(numbers) if numbers else math.nan
